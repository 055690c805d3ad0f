import Faults
import FoundationEssentials
import StampFormats
import Testing

/// Files that numpy wrote and the values that it reads from them (`Tests/ReferenceValues/make_numpy_reference.py`).
enum Reference {
    static func path(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "ReferenceValues/numpy/\(name)").path
    }

    /// Little-endian doubles, read without the code under test.
    static func doubles(_ name: String) throws -> [Double] {
        let bytes = try bytes(name + ".f64")
        return stride(from: 0, to: bytes.count, by: 8).map { start in
            Double(bitPattern: (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << (8 * UInt64($1)) })
        }
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path(name))))
    }
}

/// A folder that goes away with the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "stamp-formats-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Puts a file with these bytes into the folder.
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(filePath: path(name)))
        return path(name)
    }

    var contents: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}

/// A `.npy` file with any header text and any data.
func npy(_ header: String, version: UInt8 = 1, data: Int = 0) -> [UInt8] {
    let text = Array(header.utf8) + [0x0A]
    let length = version == 1 ? littleEndian(UInt16(text.count)) : littleEndian(UInt32(text.count))
    return [0x93] + "NUMPY".utf8 + [version, 0] + length + text + [UInt8](repeating: 0, count: data)
}

func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// Expects a fault of this kind, on one line, which names `subject` and says `words`.
func expectFault(
    _ kind: Fault.Kind, _ subject: String, saying words: String, sourceLocation: SourceLocation = #_sourceLocation,
    in body: () throws -> Void
) {
    do {
        try body()
        Issue.record("no fault was thrown, \"\(words)\" was expected", sourceLocation: sourceLocation)
    } catch let fault as Fault {
        #expect(fault.kind == kind, sourceLocation: sourceLocation)
        #expect(fault.description.contains(subject), sourceLocation: sourceLocation)
        #expect(fault.description.contains(words), sourceLocation: sourceLocation)
        #expect(!fault.description.contains("\n") && !fault.remedy.isEmpty, sourceLocation: sourceLocation)
    } catch {
        Issue.record("\(error) is not a Fault", sourceLocation: sourceLocation)
    }
}
