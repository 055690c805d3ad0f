import Faults

/// The rows of a file of comma-separated values below the names of its columns, one after the other.
struct CSVRows {
    /// Of the columns, without blanks around them; none in an empty file.
    private(set) var names: [String] = []
    private let bytes: [UInt8]
    private let path: String
    private var place: Int
    private var nextLine = 1
    /// Where the last row begins, counted from 1.
    private(set) var line = 0

    /// Reads the names of the columns.
    ///
    /// - Throws: `Fault(.missingInput)` when there is no such file, `Fault(.badData)` for names that are none.
    init(contentsOf path: String) throws {
        (bytes, self.path) = (try FileAccess.read(path), path)
        place = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        try requireCommas()
        names = try fields().map { $0.map(\.trimmed) } ?? []
    }

    /// Refuses a file of another kind, and a table with something else between its fields.
    private func requireCommas() throws {
        guard let file = ForeignFile(beginning: bytes[place...].prefix(1 << 12)) else { return }
        switch file {
        case .empty, .text(separator: nil), .text(separator: ","), .text(separator: " "), .json: return
        case .text(separator: .some(let separator)):
            let name = separator == ";" ? "semicolons" : "tabs"
            let text = separator == ";" ? ";" : "\\t"
            throw Fault(
                .badData, path, "has \(name) between its columns in place of commas",
                remedy:
                    """
                    write it anew in Python: pandas.read_csv("\(path)", sep="\(text)").to_csv("comma.csv", index=False)
                    """)
        default:
            throw Fault(
                .badData, path, "is not a table of comma-separated values but \(file.name)",
                remedy: file.unwrapping(path)
                    ?? "save the table as text with a line for each stamp, as pandas' to_csv does")
        }
    }

    /// The next row's fields, one for each column; nil at the end.
    ///
    /// - Throws: `Fault(.badData)` that names the line of a row that has another number of them, or no end.
    mutating func next() throws -> [String]? {
        guard let fields = try fields() else { return nil }
        guard fields.count == names.count else {
            throw Fault(
                .badData, path, "line \(line) has \(fields.count) fields, the first line \(names.count)",
                remedy: "give every row the same columns")
        }
        return fields
    }

    private mutating func fields() throws -> [String]? {
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
