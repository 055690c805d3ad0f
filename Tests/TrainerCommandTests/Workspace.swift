import Foundation
import StampFormats

/// A folder of a test's own, gone afterwards.
final class Workspace {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("trainer-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(_ name: String) -> String { "\(path)/\(name)" }

    func copy(_ folder: String, to name: String) throws -> String {
        try FileManager.default.copyItem(atPath: folder, toPath: path(name))
        return path(name)
    }
}

func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}

func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

/// Every file below a folder with its bytes.
func contents(_ folder: String) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder), !isFolder.boolValue {
            files[name] = try bytes("\(folder)/\(name)")
        }
    }
    return files
}

func json(_ text: String) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
}

/// The numbers of a `.npy` file, and its shape.
func numbers(_ path: String) throws -> (values: [Float], shape: [Int]) {
    let array = try NumericArray(contentsOf: path)
    return (try array.values.map { Float($0) }, array.shape)
}

/// The folder of models that Keras itself saved.
let kerasArchives = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("ReferenceValues/keras_archives").path

/// Whether the program is built with the package trait `Keras`, as the tests are.
var supportsKeras: Bool {
    #if Keras
        true
    #else
        false
    #endif
}
