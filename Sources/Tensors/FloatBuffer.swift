import Faults

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Float storage of fixed size at a fixed address, aligned to a cache line, initially zero.
///
/// A large buffer occupies memory only where it has been written, on the NUMA node of the thread that wrote there
/// first.
///
/// Vector kernels may read (never write) up to `slack` floats past the end.
public final class FloatBuffer: @unchecked Sendable {
    /// Floats that may be read past the end.
    public static let slack = 16

    public let count: Int
    public let pointer: UnsafeMutablePointer<Float>
    private let block: UnsafeMutableRawPointer

    /// A buffer of `count` zeros, aligned to 64 bytes.
    public init(count: Int) {
        precondition(count >= 0, "a buffer cannot hold \(count) floats")
        self.count = count
        let alignment = 64
        let bytes = (count + Self.slack) * MemoryLayout<Float>.stride + alignment
        // Zeros from calloc(3) cost nothing if they are fresh pages from the system.
        guard let block = calloc(1, bytes) else { OutOfMemory.end(bytes: bytes, for: "a buffer") }
        self.block = block
        Self.preferHugePages(block, bytes)
        pointer = block.alignedUp(toMultipleOf: alignment).bindMemory(to: Float.self, capacity: count + Self.slack)
    }

    /// Asks for 2 MB pages if a buffer is large (madvise(2)): a page fault for every 4 KB would take longer than
    /// filling the buffer.
    private static func preferHugePages(_ block: UnsafeMutableRawPointer, _ bytes: Int) {
        #if os(Linux)
            let page = 2 << 20
            let first = block.alignedUp(toMultipleOf: page)
            let whole = (bytes - (first - block)) / page * page
            if whole > 0 { madvise(first, whole, MADV_HUGEPAGE) }
        #endif
    }

    /// A buffer that holds a copy of `values`.
    public convenience init(_ values: some Collection<Float>) {
        self.init(count: values.count)
        _ = UnsafeMutableBufferPointer(start: pointer, count: count).update(from: values)
    }

    deinit { free(block) }

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
