import Faults

/// Tensors by name in a `.safetensors` file, mapped: nothing is copied until requested.
///
/// Source: the safetensors format (huggingface/safetensors): the header's length as 8 little-endian bytes, the header
/// as JSON, then the tensors' elements, little-endian and in C order. A file is accepted only when every byte of
/// its data belongs to exactly one tensor. Reading is safe from many threads at once.
public struct SafetensorsFile: Sendable {
    /// One tensor of the file.
    public struct Tensor: Sendable, Hashable {
        public let name: String
        public let shape: [Int]
        public let format: ElementType.Format
        /// The number of elements: the product of `shape`.
        public var count: Int { byteRange.count / ElementType(format).byteCount }
        /// Where its elements lie in the file's data.
        let byteRange: Range<Int>
    }

    public let path: String
    /// The tensors in the order in which their elements lie in the file.
    public let tensors: [Tensor]
    /// The file's `__metadata__`.
    public let metadata: [String: String]

    private let storage: ReadOnlyBytes
    private let dataOffset: Int
    private let indices: [String: Int]

    /// Opens a file and checks its whole header.
    ///
    /// - Throws: a `missingInput` fault when the file is missing or unreadable, `badData` when it is invalid.
    public init(contentsOf path: String) throws {
        try self.init(ReadOnlyBytes.contents(of: path), path: path)
    }

    /// Opens a copy of a file's bytes; `name` is what messages call the file.
    ///
    /// - Throws: a `badData` fault when the bytes are invalid.
    package init(copying bytes: UnsafeRawBufferPointer, name: String) throws {
        try self.init(ReadOnlyBytes.copying(bytes, name), path: name)
    }

    private init(_ storage: ReadOnlyBytes, path: String) throws {
        let header = try SafetensorsHeader(storage.bytes, path: path)
        self.path = path
        self.storage = storage
        tensors = header.tensors
        metadata = header.metadata
        dataOffset = header.dataOffset
        indices = Dictionary(uniqueKeysWithValues: header.tensors.enumerated().map { ($1.name, $0) })
    }

    /// The tensor called `name`; nil when there is none.
    public func tensor(named name: String) -> Tensor? { indices[name].map { tensors[$0] } }

    /// The elements of a float32 tensor in C order.
    ///
    /// - Throws: a `badData` fault when there is no such tensor or it is not float32.
    public func floats(_ name: String) throws -> [Float] {
        let tensor = try floatTensor(name)
        return [Float](unsafeUninitializedCapacity: tensor.count) { buffer, initialized in
            copyBytes(of: tensor, into: UnsafeMutableRawBufferPointer(buffer))
            initialized = tensor.count
        }
    }

    /// Copies the elements of a float32 tensor to `destination`, which must have exactly its size.
    ///
    /// - Throws: a `badData` fault when there is no such tensor, it is not float32 or of another size.
    public func copyFloats(_ name: String, into destination: UnsafeMutableBufferPointer<Float>) throws {
        let tensor = try floatTensor(name)
        guard tensor.count == destination.count else {
            throw Fault(
                .badData, path, "\(name) has \(tensor.count) elements where \(destination.count) are needed",
                remedy: "name a file that was written for the same network and stamp size")
        }
        copyBytes(of: tensor, into: UnsafeMutableRawBufferPointer(destination))
    }

    /// The elements of a tensor of any number format, as doubles in C order.
    ///
    /// - Throws: a `badData` fault when there is no such tensor.
    public func doubles(_ name: String) throws -> [Double] {
        let tensor = try existing(name)
        return [Double](unsafeUninitializedCapacity: tensor.count) { buffer, initialized in
            if let source = bytes(of: tensor).baseAddress, let target = buffer.baseAddress, tensor.count > 0 {
                ElementType(tensor.format).convert(from: source, stride: 1, count: tensor.count, to: target)
            }
            initialized = tensor.count
        }
    }

    /// Calls `body` with the bytes of a tensor where they lie; they may have any alignment.
    ///
    /// - Throws: a `badData` fault when there is no such tensor, and what `body` throws.
    public func withBytes<Result>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        let tensor = try existing(name)
        return try withExtendedLifetime(storage) { try body(bytes(of: tensor)) }
    }

    private func bytes(of tensor: Tensor) -> UnsafeRawBufferPointer {
        let start = dataOffset + tensor.byteRange.lowerBound
        return UnsafeRawBufferPointer(rebasing: storage.bytes[start..<(start + tensor.byteRange.count)])
    }

    private func copyBytes(of tensor: Tensor, into destination: UnsafeMutableRawBufferPointer) {
        let source = bytes(of: tensor)
        for start in stride(from: 0, to: source.count, by: Self.pieceSize) {
            let piece = start..<min(start + Self.pieceSize, source.count)
            UnsafeMutableRawBufferPointer(rebasing: destination[piece])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[piece]))
            storage.release()
        }
    }

    /// What is copied before the file's own memory is let go of, so that elements are not in memory twice.
    private static let pieceSize = 1 << 24

    private func existing(_ name: String) throws -> Tensor {
        if let tensor = tensor(named: name) { return tensor }
        throw Fault(
            .badData, path, "holds no tensor called \(name)", remedy: "name a file that was written for this network")
    }

    private func floatTensor(_ name: String) throws -> Tensor {
        let tensor = try existing(name)
        guard tensor.format == .float32 else {
            throw Fault(
                .badData, path, "\(name) holds \(tensor.format.rawValue) elements", remedy: "save it again as float32")
        }
        return tensor
    }
}
