/// A `BufferView` whose elements may be written as well.
@frozen
public struct MutableBufferView<Element: BitwiseCopyable> {
    /// How many elements the view has.
    public let count: Int
    @usableFromInline let start: UnsafeMutablePointer<Element>

    /// The `count` elements from `start` on.
    @inlinable
    public init(_ start: UnsafeMutablePointer<Element>, count: Int) {
        assert(count >= 0, "a view of \(count) elements")
        (self.start, self.count) = (start, count)
    }

    /// A pointer to element `offset`, from which `count` elements are read or written at most.
    @inlinable @inline(__always)
    public func pointer(_ count: @autoclosure () -> Int, at offset: Int = 0) -> UnsafeMutablePointer<Element> {
        assert(isWithin(offset, count()), "\(count()) elements at \(offset) of a view of \(self.count)")
        return start + offset
    }

    /// The view of `count` elements from element `offset` on.
    @inlinable @inline(__always)
    public func slice(_ count: Int, at offset: Int = 0) -> MutableBufferView {
        assert(isWithin(offset, count), "\(count) elements at \(offset) of a view of \(self.count)")
        return MutableBufferView(start + offset, count: count)
    }

    /// The view of all elements from element `offset` on.
    @inlinable @inline(__always)
    public func dropFirst(_ offset: Int) -> MutableBufferView { slice(count - offset, at: offset) }

    /// One element.
    @inlinable
    public subscript(index: Int) -> Element {
        get { pointer(1, at: index).pointee }
        nonmutating set { pointer(1, at: index).pointee = newValue }
    }

    /// Sets all elements to `value`.
    @inlinable
    public func update(repeating value: Element) { start.update(repeating: value, count: count) }

    /// Copies all elements of `source`, which may be fewer than this view has, to the start of this view.
    @inlinable
    public func update(from source: BufferView<Element>) {
        pointer(source.count).update(from: source.start, count: source.count)
    }

    /// Copies all elements of `source`, which may be fewer than this view has, to the start of this view.
    @inlinable
    public func update(from source: MutableBufferView) { update(from: BufferView(source)) }

    @usableFromInline
    func isWithin(_ offset: Int, _ count: Int) -> Bool { offset >= 0 && count >= 0 && offset <= self.count - count }
}

/// Floats to be read and written.
public typealias MutableFloatView = MutableBufferView<Float>

extension MutableBufferView<UInt8> {
    /// The bytes of `floats`.
    public init(bytes floats: MutableFloatView) {
        let count = floats.count * MemoryLayout<Float>.stride
        let start = UnsafeMutableRawPointer(floats.pointer(floats.count))
        self.init(start.assumingMemoryBound(to: UInt8.self), count: count)
    }
}

extension FloatBuffer {
    /// All floats of the buffer, without the slack after them; valid as long as the buffer is.
    public var view: MutableFloatView { MutableFloatView(pointer, count: count) }
}
