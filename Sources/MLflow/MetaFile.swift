import Faults
import Files
import FoundationEssentials

/// `meta.yaml`: names and values, one a line.
///
/// A text is written as JSON has it, which YAML reads too.
enum MetaFile {
    static let name = "meta.yaml"

    enum Value {
        case text(String), number(Int), nothing, emptyList

        fileprivate func yaml() throws -> String {
            switch self {
            case .text(let text): String(try JSONFile.line(of: text).dropLast())
            case .number(let number): "\(number)"
            case .nothing: "null"
            case .emptyList: "[]"
            }
        }
    }

    /// Replaces the file (whole or not at all).
    static func write(_ values: [(name: String, value: Value)], to path: String) throws {
        try AtomicFile.write(values.map { "\($0.name): \(try $0.value.yaml())\n" }.joined(), to: path)
    }

    /// A value of the file as text; nil where it is not there. MLflow itself writes texts plain or between single
    /// quotes.
    static func value(of name: String, in path: String) throws -> String? {
        for line in String(decoding: try FileAccess.read(path, most: mostBytes), as: UTF8.self).split(separator: "\n")
        where line.hasPrefix("\(name): ") {
            let text = String(line.dropFirst(name.count + 2))
            if text.hasPrefix("\"") { return try? JSONFile.decoder.decode(String.self, from: Data(text.utf8)) }
            guard text.hasPrefix("'"), text.hasSuffix("'"), text.count > 1 else { return text }
            return text.dropFirst().dropLast().split(separator: "''", omittingEmptySubsequences: false)
                .joined(separator: "'")
        }
        return nil
    }

    /// Replaces some values of the file and keeps the others.
    static func update(_ path: String, _ changes: [(name: String, value: Value)]) throws {
        let text = String(decoding: try FileAccess.read(path, most: mostBytes), as: UTF8.self)
        let lines = try text.split(separator: "\n").map { line in
            guard let change = changes.first(where: { line.hasPrefix("\($0.name): ") }) else { return String(line) }
            return "\(change.name): \(try change.value.yaml())"
        }
        try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path)
    }

    private static let mostBytes = 1 << 20
}
