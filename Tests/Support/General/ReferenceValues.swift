import FoundationEssentials

/// What numpy, Keras, astropy and others computed (`Tests/ReferenceValues`), read without the code under test.
package enum ReferenceValues {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "ReferenceValues").path

    /// The path of a file or folder, say `keras/layers.safetensors`.
    package static func path(_ name: String) -> String { "\(folder)/\(name)" }

    package static func bytes(_ name: String) throws -> [UInt8] { try TestSupport.bytes(path(name)) }

    /// The little-endian doubles of a file whose name ends in `.f64`, which is left out here.
    package static func doubles(_ name: String) throws -> [Double] {
        try words(path(name + ".f64"), as: UInt64.self).map { Double(bitPattern: $0) }
    }

    /// The little-endian floats of a file whose name ends in `.f32`, which is left out here.
    package static func floats(_ name: String) throws -> [Float] {
        try TestSupport.floats(path(name + ".f32"))
    }

    /// The value of a file whose name ends in `.json`, which is left out here.
    package static func json<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes(name + ".json")))
    }
}

/// The little-endian floats of a file of nothing else.
package func floats(_ path: String) throws -> [Float] {
    try words(path, as: UInt32.self).map { Float(bitPattern: $0) }
}

private func words<Word: FixedWidthInteger>(_ path: String, as type: Word.Type) throws -> [Word] {
    try bytes(path).withUnsafeBytes { bytes in
        stride(from: 0, to: bytes.count, by: MemoryLayout<Word>.size).map {
            Word(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: type))
        }
    }
}
