#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Float storage of fixed size at a fixed address, aligned to a cache line, zero when made.
///
/// Vector kernels may read (never write) up to `slack` floats past the end. Large buffers come straight from the system:
/// their pages are cleared when they are first touched, by the lane that needs them, and may be huge, so that matrices with
/// kilobytes between their rows do not need an entry of the address cache for each row.
public final class FloatBuffer: @unchecked Sendable {
    /// Floats that may be read past the end.
    public static let slack = 16

    public let count: Int
    public let pointer: UnsafeMutablePointer<Float>
    /// The pages of a large buffer.
    private let pages: UnsafeMutableRawBufferPointer?

    /// The size of a huge page on the processors that have them at all.
    private static let hugePage = 1 << 21
    /// From here on a buffer has pages of its own.
    private static let largeBytes = 4 * hugePage

    /// A buffer of `count` zeros, aligned to 64 bytes.
    public init(count: Int) {
        precondition(count >= 0, "a buffer cannot hold \(count) floats")
        self.count = count
        let bytes = (count + Self.slack) * MemoryLayout<Float>.stride
        if bytes >= Self.largeBytes, let pages = Self.map(bytes) {
            self.pages = pages
            let address = UInt(bitPattern: pages.baseAddress!)
            let aligned = (address + UInt(Self.hugePage) - 1) / UInt(Self.hugePage) * UInt(Self.hugePage)
            pointer = (pages.baseAddress! + Int(aligned - address)).bindMemory(
                to: Float.self, capacity: count + Self.slack)
        } else {
            pages = nil
            let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            pointer = raw.bindMemory(to: Float.self, capacity: count + Self.slack)
            pointer.initialize(repeating: 0, count: count + Self.slack)
        }
    }

    /// Zeroed pages for `bytes` from the next huge page's start on.
    private static func map(_ bytes: Int) -> UnsafeMutableRawBufferPointer? {
        let room = bytes + hugePage
        let start = mmap(nil, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start, start != MAP_FAILED else { return nil }
        #if os(Linux)
            // Advice: without huge pages everything works the same, slower.
            _ = madvise(start, room, MADV_HUGEPAGE)
        #endif
        return UnsafeMutableRawBufferPointer(start: start, count: room)
    }

    /// A buffer that holds a copy of `values`.
    public convenience init(_ values: some Collection<Float>) {
        self.init(count: values.count)
        _ = UnsafeMutableBufferPointer(start: pointer, count: count).update(from: values)
    }

    deinit {
        if let pages {
            munmap(pages.baseAddress!, pages.count)
        } else {
            UnsafeMutableRawPointer(pointer).deallocate()
        }
    }

    public subscript(index: Int) -> Float {
        get {
            precondition(index >= 0 && index < count, "index \(index) outside a buffer of \(count) floats")
            return pointer[index]
        }
        set {
            precondition(index >= 0 && index < count, "index \(index) outside a buffer of \(count) floats")
            pointer[index] = newValue
        }
    }

    /// The contents as an array.
    public var array: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
