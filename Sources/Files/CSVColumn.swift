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
        try values(name, in: path) { text, line in
            guard let number = Double(text), number.isFinite else {
                throw Fault(
                    .badData, path,
                    "line \(line) has \"\(text.prefix(40))\" as \(name), which is no finite number",
                    remedy: "give every row a number there")
            }
            return number
        }
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
        var rows = CSVRows(try FileAccess.read(path), path: path)
        let names = try rows.next().map { $0.map(trimmed) } ?? []
        let place = try place(of: name, among: names, path)
        var values: [Value] = []
        while let fields = try rows.next() {
            guard fields.count == names.count else {
                throw Fault(
                    .badData, path, "line \(rows.line) has \(fields.count) fields, the first line \(names.count)",
                    remedy: "give every row the same columns")
            }
            values.append(try value(trimmed(fields[place]), rows.line))
        }
        return values
    }

    private static func place(of name: String?, among names: [String], _ path: String) throws -> Int {
        let known = names.filter { !$0.isEmpty }.prefix(20).joined(separator: ", ").prefix(300)
        guard let name else {
            guard names.count == 1 else {
                throw Fault(
                    .badData, path, "has \(names.count) columns", remedy: "name one, as \(path):COLUMN: \(known)")
            }
            return 0
        }
        let places = names.indices.filter { names[$0] == trimmed(name) }
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

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}

/// The rows of comma-separated values, one after the other.
private struct CSVRows {
    private let bytes: [UInt8]
    private let path: String
    private var place: Int
    private var nextLine = 1
    /// Where the last row begins, counted from 1.
    private(set) var line = 0

    init(_ bytes: [UInt8], path: String) {
        (self.bytes, self.path) = (bytes, path)
        place = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next row's fields; nil at the end.
    mutating func next() throws -> [String]? {
        while place < bytes.count, endLine() {}
        guard place < bytes.count else { return nil }
        line = nextLine
        var fields: [String] = []
        while true {
            fields.append(try field())
            if place == bytes.count || endLine() { return fields }
            // What is left is a comma.
            place += 1
        }
    }

    /// Goes past the end of a line, if one is here.
    private mutating func endLine() -> Bool {
        let rest = bytes[place...]
        let isCRLF = rest.starts(with: [UInt8(ascii: "\r"), UInt8(ascii: "\n")])
        guard isCRLF || rest.first == UInt8(ascii: "\n") else { return false }
        place += isCRLF ? 2 : 1
        nextLine += 1
        return true
    }

    /// A field, up to the comma or the end of the line behind it.
    private mutating func field() throws -> String {
        guard bytes[place...].first == UInt8(ascii: "\"") else { return plainField() }
        var text: [UInt8] = []
        place += 1
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\"") {
                guard bytes[place...].first == byte else { return try endOfQuotes(text) }
                place += 1
            }
            if byte == UInt8(ascii: "\n") { nextLine += 1 }
            text.append(byte)
        }
        throw fault
    }

    private mutating func plainField() -> String {
        let start = place
        while place < bytes.count, bytes[place] != UInt8(ascii: ","), bytes[place] != UInt8(ascii: "\n") { place += 1 }
        let isCRLF =
            place < bytes.count && bytes[place] == UInt8(ascii: "\n") && place > start
            && bytes[place - 1] == UInt8(ascii: "\r")
        if isCRLF { place -= 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func endOfQuotes(_ text: [UInt8]) throws -> String {
        let rest = bytes[place...]
        let isEnd =
            rest.isEmpty || [UInt8(ascii: ","), UInt8(ascii: "\n")].contains(rest[place])
            || rest.starts(with: [UInt8(ascii: "\r"), UInt8(ascii: "\n")])
        guard isEnd else { throw fault }
        return String(decoding: text, as: UTF8.self)
    }

    private var fault: Fault {
        Fault(
            .badData, path, "line \(line) has a quoted field that does not end",
            remedy: "close the quotes, and double those within them")
    }
}
