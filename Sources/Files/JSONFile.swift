import Faults
import FoundationEssentials

/// Values as JSON: indented, keys in alphabetical order, so that two runs can be compared with `diff`.
///
/// Numbers that JSON cannot express are written as the strings `"NaN"`, `"Infinity"` and `"-Infinity"`.
public enum JSONFile {
    /// Replaces the file at `path` by `value` (whole or not at all).
    /// - Throws: `Fault(.cannotWrite)`.
    public static func write(_ value: some Encodable, to path: String) throws {
        try AtomicFile.write(text(of: value), to: path)
    }

    /// The text that ``write(_:to:)`` writes: it ends with a line break.
    public static func text(of value: some Encodable) throws -> String {
        try encoded(value, [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    }

    /// The same on one line, which ends with a line break.
    package static func line(of value: some Encodable) throws -> String {
        try encoded(value, [.sortedKeys, .withoutEscapingSlashes])
    }

    private static func encoded(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }

    /// Decodes what this type writes.
    package static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return decoder
    }

    /// Reads back what ``write(_:to:)`` wrote; keys that `type` does not know are ignored.
    /// - Throws: `Fault(.missingInput)` when there is no such file, `Fault(.badData)` when it is not JSON or does not
    ///   hold what `type` needs.
    public static func read<Value: Decodable>(_ type: Value.Type, from path: String) throws -> Value {
        let bytes = try FileAccess.read(path, most: JSONText.mostBytes)
        let remedy = "restore the file from a copy, or run again with a new --output"
        if let problem = JSONText.problem(bytes) { throw Fault(.badData, path, problem, remedy: remedy) }
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch {
            throw Fault(.badData, path, problem(error), remedy: remedy)
        }
    }

    /// What is wrong, and at which key.
    private static func problem(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        switch error {
        case .keyNotFound(let key, let context):
            return "has no \"\(dotted(context.codingPath + [key]))\""
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "has a wrong value at \"\(dotted(context.codingPath))\": \(context.debugDescription)"
        case .dataCorrupted(let context):
            let place = context.codingPath.isEmpty ? "" : " at \"\(dotted(context.codingPath))\""
            return "is not the JSON it should be\(place): \(context.debugDescription)"
        @unknown default:
            return "\(error)"
        }
    }

    private static func dotted(_ path: [any CodingKey]) -> String {
        path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
}
