/// A float32 tensor with a name.
public struct NamedTensor: Sendable, Hashable {
    public let name: String
    public let shape: [Int]
    /// The elements in C order.
    public let values: [Float]

    public init(name: String, shape: [Int], values: [Float]) {
        precondition(shape.reduce(1, *) == values.count, "\(values.count) elements are no tensor of shape \(shape)")
        self.name = name
        self.shape = shape
        self.values = values
    }
}

/// A tensor's elements where they lie in memory, to be written without a copy.
public struct TensorBytes {
    public let name: String
    public let shape: [Int]
    public let format: ElementType.Format
    /// The elements in C order.
    public let bytes: UnsafeRawBufferPointer

    public init(name: String, shape: [Int], format: ElementType.Format, bytes: UnsafeRawBufferPointer) {
        precondition(
            shape.reduce(ElementType(format).byteCount, *) == bytes.count,
            "\(bytes.count) bytes are no \(format.rawValue) tensor of shape \(shape)")
        self.name = name
        self.shape = shape
        self.format = format
        self.bytes = bytes
    }

    /// A float32 tensor.
    public init(name: String, shape: [Int], floats: UnsafeBufferPointer<Float>) {
        self.init(name: name, shape: shape, format: .float32, bytes: UnsafeRawBufferPointer(floats))
    }
}

extension SafetensorsFile {
    /// Writes tensors in the given order, atomically. Equal tensors and metadata give equal bytes.
    ///
    /// - Throws: a `cannotWrite` fault.
    public static func write(_ tensors: [TensorBytes], metadata: [String: String] = [:], to path: String) throws {
        try write(tensors, metadata: metadata, to: AtomicFile(path))
    }

    /// The same, to a file that is open.
    package static func write(
        _ tensors: [TensorBytes], metadata: [String: String] = [:], to file: AtomicFile
    ) throws {
        let entries = tensors.map { HeaderEntry(name: $0.name, shape: $0.shape, format: $0.format) }
        try writeHeader(entries, metadata: metadata, to: file)
        for tensor in tensors { try file.write(tensor.bytes) }
        try file.commit()
    }

    /// Writes float32 tensors in the given order, atomically. Equal tensors and metadata give equal bytes.
    ///
    /// - Throws: a `cannotWrite` fault.
    public static func write(_ tensors: [NamedTensor], metadata: [String: String] = [:], to path: String) throws {
        let entries = tensors.map { HeaderEntry(name: $0.name, shape: $0.shape, format: .float32) }
        let file = try AtomicFile(path)
        try writeHeader(entries, metadata: metadata, to: file)
        for tensor in tensors { try tensor.values.withUnsafeBytes { try file.write($0) } }
        try file.commit()
    }

    /// What the header says about a tensor.
    private struct HeaderEntry {
        let name: String
        let shape: [Int]
        let format: ElementType.Format
        var byteCount: Int { shape.reduce(ElementType(format).byteCount, *) }
    }

    private static func writeHeader(
        _ tensors: [HeaderEntry], metadata: [String: String], to file: AtomicFile
    ) throws {
        let header = headerText(tensors, metadata: metadata)
        try withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { try file.write($0) }
        try file.write(header)
    }

    /// The header: metadata by key, then the tensors in order, padded with spaces so that the data starts at a multiple
    /// of 8.
    private static func headerText(_ tensors: [HeaderEntry], metadata: [String: String]) -> String {
        var entries: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            entries.append("\"\(SafetensorsHeader.metadataKey)\":{\(pairs.joined(separator: ","))}")
        }
        var names: Set<String> = [SafetensorsHeader.metadataKey]
        var end = 0
        for tensor in tensors {
            precondition(names.insert(tensor.name).inserted, "no tensor can be called \(tensor.name), or not twice")
            guard let format = SafetensorsHeader.formatNames.first(where: { $0.format == tensor.format })?.name else {
                preconditionFailure("safetensors has no name for \(tensor.format.rawValue)")
            }
            let start = end
            end += tensor.byteCount
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            entries.append(
                "\(quoted(tensor.name)):{\"dtype\":\"\(format)\",\"shape\":[\(shape)],\"data_offsets\":[\(start),\(end)]}"
            )
        }
        let text = "{\(entries.joined(separator: ","))}"
        return text + String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
    }

    /// A JSON string.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
