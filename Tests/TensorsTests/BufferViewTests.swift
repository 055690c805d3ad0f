import Tensors
import Testing

@Suite struct BufferViewTests {
    @Test func slicesAndPointersStartWhereTheyAreAskedFor() {
        let buffer = FloatBuffer((0..<10).map { Float($0) })
        let view = FloatView(buffer.view)
        #expect(view.count == 10 && view[9] == 9)
        #expect(view.pointer(3, at: 7).pointee == 7 && view.pointer(10) == UnsafePointer(buffer.pointer))
        let slice = view.slice(4, at: 3)
        #expect(slice.count == 4 && slice[0] == 3 && slice.pointer(1, at: 3).pointee == 6)
        #expect(slice.dropFirst(1).count == 3 && slice.dropFirst(4).count == 0)
        #expect(view.slice(0, at: 10).count == 0)
        #expect(slice.array == [3, 4, 5, 6])
    }

    @Test func writingChangesTheMemoryBehindAView() {
        let buffer = FloatBuffer(count: 6)
        let view = buffer.view
        view.update(repeating: 1)
        view.slice(2, at: 1).update(repeating: 2)
        view.dropFirst(4).update(from: FloatView(view.slice(1, at: 1)))
        view[5] = 7
        #expect(buffer.array == [1, 2, 2, 1, 2, 7])
        #expect(buffer.view.pointer(6) == buffer.pointer)
    }

    @Test func aFloatHasFourBytes() {
        let buffer = FloatBuffer([1])
        #expect(MutableBufferView(bytes: buffer.view).count == 4)
        #expect(MutableBufferView(bytes: buffer.view)[3] == 0x3f)
    }
}

#if DEBUG
    /// Views of three floats that are asked for more than they have: what debug builds stop at.
    @Suite struct OversteppedViewTests {
        @Test func pointers() async {
            await #expect(processExitsWith: .failure) { _ = FloatBuffer(count: 3).view.pointer(4) }
            await #expect(processExitsWith: .failure) { _ = FloatBuffer(count: 3).view.pointer(2, at: 2) }
            await #expect(processExitsWith: .failure) { _ = FloatView(FloatBuffer(count: 3).view).pointer(4) }
            await #expect(processExitsWith: .failure) { _ = FloatView(FloatBuffer(count: 3).view).pointer(1, at: -1) }
        }

        @Test func slices() async {
            await #expect(processExitsWith: .failure) { _ = FloatBuffer(count: 3).view.slice(3, at: 1) }
            await #expect(processExitsWith: .failure) { _ = FloatBuffer(count: 3).view.slice(-1, at: 1) }
            await #expect(processExitsWith: .failure) { _ = FloatView(FloatBuffer(count: 3).view).dropFirst(4) }
        }

        @Test func elements() async {
            await #expect(processExitsWith: .failure) { _ = FloatView(FloatBuffer(count: 3).view)[3] }
            await #expect(processExitsWith: .failure) { FloatBuffer(count: 3).view[3] = 0 }
        }

        @Test func copies() async {
            await #expect(processExitsWith: .failure) {
                FloatBuffer(count: 3).view.update(from: FloatBuffer(count: 4).view)
            }
        }
    }
#endif
