/// Comma-separated values as RFC 4180 has them, for programs that read tables and for spreadsheets.
package enum CSVText {
    /// A line with its end.
    package static func line(_ fields: [String]) -> String { fields.map(field).joined(separator: ",") + "\n" }

    /// The name of a file, as a field: one that a spreadsheet would take for a formula begins with `./`, which names
    /// the same file.
    package static func fileName(_ path: String) -> String {
        guard let first = path.utf8.first, "=+-@\t\r\n ".utf8.contains(first) else { return path }
        return "./" + path
    }

    /// The records of a table, each without its end: lines, whose ends within quotes are parts of fields.
    package static func records(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var isQuoted = false
        return bytes.split { byte in
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            return byte == UInt8(ascii: "\n") && !isQuoted
        }
    }

    /// The text that ``field(_:)`` has made a field of; nil for a field that it makes of none.
    package static func text(of field: some BidirectionalCollection<UInt8>) -> String? {
        let quote = UInt8(ascii: "\"")
        guard field.first == quote else {
            let text = String(decoding: field, as: UTF8.self)
            return text.utf8.contains { "\",\n\r".utf8.contains($0) } ? nil : text
        }
        guard field.count > 1, field.last == quote else { return nil }
        var (text, isHalf) = ([UInt8](), false)
        for byte in field.dropFirst().dropLast() {
            guard byte == quote || !isHalf else { return nil }
            isHalf = byte == quote && !isHalf
            if !isHalf { text.append(byte) }
        }
        return isHalf ? nil : String(decoding: text, as: UTF8.self)
    }

    /// A field, in quotes if it needs them.
    package static func field(_ text: String) -> String {
        guard text.utf8.contains(where: { "\",\n\r".utf8.contains($0) }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
