import Files

/// An array of numbers of any type and layout, in a file or in memory, read as `Double` by its index in C order.
///
/// Reading is safe from many threads at once.
public struct NumericArray: Sendable {
    /// What messages call the array: the path of its file, and the member within it.
    public let name: String
    /// The length of each axis, as numpy's `shape`.
    public let shape: [Int]
    public let elementType: ElementType
    /// Whether the first axis varies fastest in the file. Indices are in C order regardless.
    public let isFortranOrder: Bool
    /// The number of elements: the product of `shape`.
    public let count: Int

    let storage: ArrayBytes
    let byteOffset: Int
    /// For Fortran order: the axes longer than 1, and for each the distance between neighbours in elements.
    private let axes: [(length: Int, stride: Int)]

    /// The array that `header` describes, whose elements start at `byteOffset` of `storage`.
    init(name: String, header: NpyHeader, storage: ArrayBytes, byteOffset: Int) {
        self.init(
            name: name, shape: header.shape, elementType: header.elementType, isFortranOrder: header.isFortranOrder,
            storage: storage, byteOffset: byteOffset)
    }

    /// The array of this shape whose elements start at `byteOffset` of `storage`.
    init(
        name: String, shape: [Int], elementType: ElementType, isFortranOrder: Bool, storage: ArrayBytes, byteOffset: Int
    ) {
        self.name = name
        self.storage = storage
        self.byteOffset = byteOffset
        self.shape = shape
        self.elementType = elementType
        self.isFortranOrder = isFortranOrder
        count = shape.reduce(1, *)
        precondition(
            byteOffset + count * elementType.byteCount <= storage.byteCount,
            "an array longer than the bytes that hold it")
        var axes: [(length: Int, stride: Int)] = []
        if isFortranOrder && count > 0 {
            var stride = 1
            for length in shape where length > 1 {
                axes.append((length, stride))
                stride *= length
            }
        }
        // One axis is the same in both orders.
        self.axes = axes.count > 1 ? axes : []
    }

    /// The element at `index`, counted in C order (last axis fastest) whatever the layout in the file.
    ///
    /// - Throws: as `copy` does.
    public subscript(index: Int) -> Double {
        get throws {
            var value = 0.0
            try withUnsafeMutablePointer(to: &value) {
                try copy(index..<index + 1, into: UnsafeMutableBufferPointer(start: $0, count: 1))
            }
            return value
        }
    }

    /// Copies the elements of `range`, counted in C order, to the start of `destination`.
    ///
    /// - Throws: a `missingInput` fault when the file cannot be opened or read any more, `badData` when it has changed.
    public func copy(_ range: Range<Int>, into destination: UnsafeMutableBufferPointer<Double>) throws {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count, "elements \(range) of an array of \(count)")
        precondition(destination.count >= range.count, "\(range.count) elements into room for \(destination.count)")
        guard !range.isEmpty, let target = destination.baseAddress else { return }
        guard let last = axes.last else { return try copyContiguous(range, to: target) }
        // Fortran order: runs along the last axis, whose elements lie one stride apart, all over the file.
        let whole = try storage.mapped()
        guard let base = whole.bytes.baseAddress else { return }
        withExtendedLifetime(whole) {
            var index = range.lowerBound
            while index < range.upperBound {
                let run = min(last.length - index % last.length, range.upperBound - index)
                elementType.convert(
                    from: base + byteOffset + position(ofElement: index) * elementType.byteCount, stride: last.stride,
                    count: run, to: target + (index - range.lowerBound))
                index += run
            }
        }
    }

    /// Tells the system that the elements of `range` will be read soon, where that helps.
    ///
    /// - Throws: as `copy` does.
    public func willRead(_ range: Range<Int>) throws {
        guard axes.isEmpty, case .file(let file) = storage else { return }
        let size = elementType.byteCount
        try file.willRead(byteOffset + range.lowerBound * size..<byteOffset + range.upperBound * size)
    }

    /// Reads the elements to the end of the room for them, since none is larger than a `Double`, and converts them from
    /// there to its beginning: no element is written over before it has been read.
    private func copyContiguous(_ range: Range<Int>, to target: UnsafeMutablePointer<Double>) throws {
        let size = elementType.byteCount
        let first = byteOffset + range.lowerBound * size
        let unread = UnsafeMutableRawPointer(target + range.count) - range.count * size
        try storage.copy(first..<first + range.count * size, to: unread)
        elementType.convert(from: unread, stride: 1, count: range.count, to: target)
    }

    /// All elements in C order.
    ///
    /// - Throws: as `copy` does.
    public var values: [Double] {
        get throws {
            try Array(unsafeUninitializedCapacity: count) { buffer, initialized in
                try copy(0..<count, into: buffer)
                initialized = count
            }
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
