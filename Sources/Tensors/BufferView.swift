/// Contiguous elements in memory that another object owns: where they start and how many there are.
///
/// Layers and the calls of C kernels take their memory as views. A bare pointer is had only from `pointer(_:at:)`,
/// which is told how many elements the kernel reads. Debug builds trap where those are not all within the view; release
/// builds neither look nor work out the number. What a vector kernel may read beyond the end (`FloatBuffer.slack`) does
/// not count.
///
/// A view is valid as long as the memory is; it keeps nothing alive. Unlike `UnsafeBufferPointer` it gives no pointer
/// without a number, and unlike `Span` it can be stored.
@frozen
public struct BufferView<Element: BitwiseCopyable> {
    /// How many elements the view has.
    public let count: Int
    @usableFromInline let start: UnsafePointer<Element>

    /// The `count` elements from `start` on.
    @inlinable
    public init(_ start: UnsafePointer<Element>, count: Int) {
        assert(count >= 0, "a view of \(count) elements")
        (self.start, self.count) = (start, count)
    }

    /// The same elements, not to be written.
    @inlinable
    public init(_ view: MutableBufferView<Element>) { self.init(view.start, count: view.count) }

    /// A pointer to element `offset`, from which `count` elements are read at most.
    @inlinable @inline(__always)
    public func pointer(_ count: @autoclosure () -> Int, at offset: Int = 0) -> UnsafePointer<Element> {
        assert(isWithin(offset, count()), "\(count()) elements at \(offset) of a view of \(self.count)")
        return start + offset
    }

    /// The view of `count` elements from element `offset` on.
    @inlinable @inline(__always)
    public func slice(_ count: Int, at offset: Int = 0) -> BufferView {
        assert(isWithin(offset, count), "\(count) elements at \(offset) of a view of \(self.count)")
        return BufferView(start + offset, count: count)
    }

    /// The view of all elements from element `offset` on.
    @inlinable @inline(__always)
    public func dropFirst(_ offset: Int) -> BufferView { slice(count - offset, at: offset) }

    /// The elements as an array.
    public var array: [Element] { Array(UnsafeBufferPointer(start: start, count: count)) }

    /// One element.
    @inlinable
    public subscript(index: Int) -> Element { pointer(1, at: index).pointee }

    @usableFromInline
    func isWithin(_ offset: Int, _ count: Int) -> Bool { offset >= 0 && count >= 0 && offset <= self.count - count }
}

/// Floats to be read.
public typealias FloatView = BufferView<Float>
