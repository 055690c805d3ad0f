import Tensors

/// Memory for floats that shows misuse: what was never written is not-a-number, and writing outside changes the guards.
package final class GuardedBuffer {
    package let count: Int
    package let pointer: UnsafeMutablePointer<Float>
    private let buffer: FloatBuffer

    private static let guardCount = 2 * FloatBuffer.slack
    private static let canary = Float(bitPattern: 0x7fc0_beef)

    package init(count: Int) {
        self.count = count
        buffer = FloatBuffer(count: count + 2 * Self.guardCount)
        buffer.pointer.update(repeating: Self.canary, count: buffer.count)
        pointer = buffer.pointer + Self.guardCount
    }

    package convenience init(_ values: [Float]) {
        self.init(count: values.count)
        self.values = values
    }

    /// What lies between the guards.
    package var view: MutableFloatView { MutableFloatView(pointer, count: count) }

    package var values: [Float] {
        get { Array(UnsafeBufferPointer(start: pointer, count: count)) }
        set {
            precondition(newValue.count == count, "\(newValue.count) values for \(count) places")
            pointer.update(from: newValue, count: count)
        }
    }

    /// Whether the guards on both sides are as they were made.
    package var isIntact: Bool {
        (0..<Self.guardCount).allSatisfy {
            buffer.pointer[$0].bitPattern == Self.canary.bitPattern
                && pointer[count + $0].bitPattern == Self.canary.bitPattern
        }
    }
}
