import Tensors
import Testing

@Suite struct FloatBufferTests {
    /// Small ones come from the heap, those of eight megabytes and more from the system.
    static let counts = [0, 1, 1000, (1 << 21) - 17, (1 << 21) - 16, (1 << 21) + 5, 5_000_001]

    @Test(arguments: counts) func buffersStartAsAlignedZeros(count: Int) {
        let buffer = FloatBuffer(count: count)
        #expect(buffer.count == count)
        #expect(UInt(bitPattern: buffer.pointer) % 64 == 0)
        #expect(UnsafeBufferPointer(start: buffer.pointer, count: count + FloatBuffer.slack).allSatisfy { $0 == 0 })
    }

    @Test(arguments: counts) func buffersHoldWhatIsWritten(count: Int) {
        let values = (0..<count).map { Float($0 % 1013) }
        let buffer = FloatBuffer(values)
        #expect(buffer.array == values)
    }

    @Test func freedMemoryStartsAsZerosAgain() {
        for _ in 0..<3 {
            let buffer = FloatBuffer(count: 3_000_000)
            #expect(buffer[0] == 0 && buffer[2_999_999] == 0)
            buffer[0] = 1
            buffer[2_999_999] = 1
        }
    }
}
