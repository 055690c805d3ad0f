import Faults

/// One column of a file of comma-separated values as RFC 4180 has them, its first line with the columns' names: what
/// astropy, pandas and spreadsheets write.
package enum CSVColumn {
    /// The numbers of a column, of each row below the names. Lines without any character are no rows.
    ///
    /// - Parameters:
    ///   - path: of a file in UTF-8, with or without a byte-order mark.
    ///   - name: the column's, as it stands in the file's first line, but for blanks around it.
    /// - Throws: `Fault(.missingInput)` when there is no such file, `Fault(.badData)` when it has no such column, or
    ///   that names the first line that has another number of fields, or something other than a finite number in it.
    package static func numbers(_ name: String, in path: String) throws -> [Double] {
        let (values, firstGap) = try numbersOrGaps(name, in: path)
        if let firstGap { throw firstGap }
        return values
    }

    /// The numbers of a column, NaN where a row has none: nothing or NaN.
    ///
    /// - Returns: besides, the fault of the first such row.
    /// - Throws: as ``numbers(_:in:)``, but for such rows.
    package static func numbersOrGaps(
        _ name: String, in path: String
    ) throws -> (values: [Double], firstGap: Fault?) {
        var firstGap: Fault?
        let values = try values(name, in: path) { text, line in
            let number = text.isEmpty ? .nan : Double(text)
            if let number, number.isFinite { return number }
            let fault = Fault(
                .badData, path, "line \(line) has \"\(text.prefix(40))\" as \(name), which is no finite number",
                remedy: "give every row a number there")
            guard let number, number.isNaN else { throw firstGap ?? fault }
            firstGap = firstGap ?? fault
            return number
        }
        return (values, firstGap)
    }

    /// The texts of a column, likewise, without blanks around them.
    ///
    /// - Parameter name: nil for the only column.
    /// - Throws: as ``numbers(_:in:)``, also for an empty text.
    package static func texts(_ name: String?, in path: String) throws -> [String] {
        try values(name, in: path) { text, line in
            guard !text.isEmpty else {
                throw Fault(
                    .badData, path, "line \(line) has nothing\(name.map { " as \($0)" } ?? "")",
                    remedy: "give every row a value there")
            }
            return text
        }
    }

    private static func values<Value>(
        _ name: String?, in path: String, _ value: (_ text: String, _ line: Int) throws -> Value
    ) throws -> [Value] {
        var rows = try CSVRows(contentsOf: path)
        let place = try place(of: name, among: rows.names, path)
        var values: [Value] = []
        while let fields = try rows.next() { values.append(try value(fields[place].trimmed, rows.line)) }
        return values
    }

    static func place(of name: String?, among names: [String], _ path: String) throws -> Int {
        let known = names.filter { !$0.isEmpty }.prefix(20).joined(separator: ", ").prefix(300)
        guard let name else {
            guard names.count == 1 else {
                throw Fault(
                    .badData, path, "has \(names.count) columns", remedy: "name one, as \(path):COLUMN: \(known)")
            }
            return 0
        }
        let places = names.indices.filter { names[$0] == name.trimmed }
        guard let place = places.first else {
            throw Fault(
                .badData, path, "has no column \"\(name)\"",
                remedy: known.isEmpty
                    ? "its first line must name the columns" : "name one of these: \(known)")
        }
        guard places.count == 1 else {
            throw Fault(
                .badData, path, "has \(places.count) columns \"\(name)\"", remedy: "give each column a name of its own")
        }
        return place
    }
}
