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

    /// A field, in quotes if it needs them.
    private static func field(_ text: String) -> String {
        guard text.utf8.contains(where: { "\",\n\r".utf8.contains($0) }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
