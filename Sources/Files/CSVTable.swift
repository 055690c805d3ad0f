import Faults

/// Several columns of numbers of a file of comma-separated values, read as ``CSVColumn`` reads one. Values may be
/// missing.
package struct CSVTable: Sendable {
    /// The columns that were read, in their order.
    package let columns: [String]
    /// (rows, columns), row by row; not a number where a value is missing or not finite.
    package let values: [Double]

    /// What people and programs write where there is no value, in small letters.
    private static let missing: Set = ["", "nan", "null", "none", "na", "n/a", "--"]

    /// - Parameters:
    ///   - path: of a file in UTF-8, with or without a byte-order mark.
    ///   - choose: which columns to read, of those that the first line names.
    /// - Throws: `Fault(.missingInput)` when there is no such file, `Fault(.badData)` when it has no such column, or
    ///   that names the first line that has another number of fields, or a text that is no number; what `choose` throws.
    package init(contentsOf path: String, _ choose: (_ names: [String]) throws -> [String]) throws {
        var rows = try CSVRows(contentsOf: path)
        let columns = try choose(rows.names)
        let places = try columns.map { try CSVColumn.place(of: $0, among: rows.names, path) }
        var values: [Double] = []
        while let fields = try rows.next() {
            for (name, place) in zip(columns, places) {
                guard let value = Self.number(fields[place].trimmed) else {
                    throw Fault(
                        .badData, path,
                        "line \(rows.line) has \"\(fields[place].prefix(40))\" as \(name), which is no number",
                        remedy:
                            "give every row a number there, or name the columns of numbers, as \(path):COLUMN,COLUMN")
                }
                values.append(value)
            }
        }
        (self.columns, self.values) = (columns, values)
    }

    /// Nil for a text that is no number.
    private static func number(_ text: String) -> Double? {
        if missing.contains(text.lowercased()) { return .nan }
        return Double(text).map { $0.isFinite ? $0 : .nan }
    }
}
