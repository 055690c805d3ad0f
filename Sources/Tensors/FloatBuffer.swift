/// Float storage of fixed size at a fixed address, aligned to a cache line, zero when made.
///
/// Vector kernels may read (never write) up to `slack` floats past the end.
public final class FloatBuffer: @unchecked Sendable {
    /// Floats that may be read past the end.
    public static let slack = 16

    public let count: Int
    public let pointer: UnsafeMutablePointer<Float>

    /// A buffer of `count` zeros, aligned to 64 bytes.
    public init(count: Int) {
        precondition(count >= 0, "a buffer cannot hold \(count) floats")
        self.count = count
        let bytes = (count + Self.slack) * MemoryLayout<Float>.stride
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        pointer = raw.bindMemory(to: Float.self, capacity: count + Self.slack)
        pointer.initialize(repeating: 0, count: count + Self.slack)
    }

    /// A buffer that holds a copy of `values`.
    public convenience init(_ values: some Collection<Float>) {
        self.init(count: values.count)
        _ = UnsafeMutableBufferPointer(start: pointer, count: count).update(from: values)
    }

    deinit { UnsafeMutableRawPointer(pointer).deallocate() }

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
