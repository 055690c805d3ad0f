import FoundationEssentials

/// Files that numpy wrote and the values that it reads from them (`Tests/ReferenceValues/make_numpy_reference.py`).
package enum NumpyReference {
    package static func path(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "ReferenceValues/numpy/\(name)").path
    }

    /// Little-endian doubles, read without the code under test.
    package static func doubles(_ name: String) throws -> [Double] {
        let bytes = try bytes(name + ".f64")
        return stride(from: 0, to: bytes.count, by: 8).map { start in
            Double(bitPattern: (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << (8 * UInt64($1)) })
        }
    }

    package static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path(name))))
    }
}

/// A `.npy` file with any header text and any data.
package func npy(_ header: String, version: UInt8 = 1, data: Int = 0) -> [UInt8] {
    let text = Array(header.utf8) + [0x0A]
    let length = version == 1 ? littleEndian(UInt16(text.count)) : littleEndian(UInt32(text.count))
    return [0x93] + "NUMPY".utf8 + [version, 0] + length + text + [UInt8](repeating: 0, count: data)
}

package func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
