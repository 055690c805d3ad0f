/// An array of numbers of any type and layout, mapped from a file or in memory, read as `Double` by its index in C order.
///
/// Reading is safe from many threads at once.
public struct NumericArray: Sendable {
    /// What messages call the array: the path of its file, and the member within it.
    public let name: String
    /// The length of each axis, as numpy's `shape`.
    public let shape: [Int]
    public let elementType: ElementType
    /// Whether the first axis varies fastest in the file. Indices are in C order all the same.
    public let isFortranOrder: Bool
    /// The number of elements: the product of `shape`.
    public let count: Int

    private let storage: ReadOnlyBytes
    private let byteOffset: Int
    /// For Fortran order: the axes longer than 1, and for each the distance between neighbours in elements.
    private let axes: [(length: Int, stride: Int)]

    /// The array that `header` describes, whose elements start at `byteOffset` of `storage`.
    init(name: String, header: NpyHeader, storage: ReadOnlyBytes, byteOffset: Int) {
        precondition(
            byteOffset + header.dataByteCount <= storage.bytes.count, "an array longer than the bytes that hold it")
        self.name = name
        self.storage = storage
        self.byteOffset = byteOffset
        shape = header.shape
        elementType = header.elementType
        isFortranOrder = header.isFortranOrder
        count = header.elementCount
        var axes: [(length: Int, stride: Int)] = []
        if header.isFortranOrder && count > 0 {
            var stride = 1
            for length in header.shape where length > 1 {
                axes.append((length, stride))
                stride *= length
            }
        }
        // One axis is the same in both orders.
        self.axes = axes.count > 1 ? axes : []
    }

    /// The element at `index`, counted in C order (last axis fastest) whatever the layout in the file.
    public subscript(index: Int) -> Double {
        var value = 0.0
        withUnsafeMutablePointer(to: &value) {
            copy(index..<index + 1, into: UnsafeMutableBufferPointer(start: $0, count: 1))
        }
        return value
    }

    /// Copies the elements of `range`, counted in C order, to the start of `destination`.
    public func copy(_ range: Range<Int>, into destination: UnsafeMutableBufferPointer<Double>) {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count, "elements \(range) of an array of \(count)")
        precondition(destination.count >= range.count, "\(range.count) elements into room for \(destination.count)")
        guard !range.isEmpty, let target = destination.baseAddress, let base = storage.bytes.baseAddress else { return }
        guard let last = axes.last else { return copyContiguous(range, to: target) }
        let source = base + byteOffset
        // Fortran order: runs along the last axis, whose elements lie one stride apart.
        var index = range.lowerBound
        while index < range.upperBound {
            let run = min(last.length - index % last.length, range.upperBound - index)
            elementType.convert(
                from: source + position(ofElement: index) * elementType.byteCount, stride: last.stride, count: run,
                to: target + (index - range.lowerBound))
            index += run
        }
    }

    /// Reads the elements to the end of the room for them, since none is larger than a `Double`, and converts them from
    /// there to its beginning: no element is written over before it has been read.
    private func copyContiguous(_ range: Range<Int>, to target: UnsafeMutablePointer<Double>) {
        let size = elementType.byteCount
        let first = byteOffset + range.lowerBound * size
        let unread = UnsafeMutableRawPointer(target + range.count) - range.count * size
        storage.copy(first..<first + range.count * size, to: unread)
        elementType.convert(from: unread, stride: 1, count: range.count, to: target)
    }

    /// All elements in C order.
    public var values: [Double] {
        Array(unsafeUninitializedCapacity: count) { buffer, initialized in
            copy(0..<count, into: buffer)
            initialized = count
        }
    }

    /// Where the element at `index` in C order lies in Fortran order.
    private func position(ofElement index: Int) -> Int {
        var remainder = index
        var position = 0
        for axis in axes.reversed() {
            position += remainder % axis.length * axis.stride
            remainder /= axis.length
        }
        return position
    }
}
