import Faults
import Files

/// One value for each stamp, from a table or an array beside the stamps: a label, an identifier, the name of an object.
public struct StampColumn: Sendable {
    /// The file, with the column.
    public let name: String
    /// As they stand there, without blanks around them; whole numbers without a decimal point.
    public let texts: [String]
    /// Whether all are whole numbers.
    public let isInteger: Bool
    /// The first row of an array of numbers that is no whole one.
    public let firstFraction: Int?
    public var count: Int { texts.count }

    /// Reads `FILE.csv:COLUMN` (of a file with one column, `FILE.csv`), or a `.npy` array of numbers or texts with one
    /// for each stamp.
    ///
    /// - Throws: `Fault(.usage)` for a text that names neither; `Fault` that names the file when it cannot be read, has
    ///   no such column, or holds something else.
    public init(option: String, _ text: String) throws {
        name = text
        if NamedPart.has([".csv"], text.utf8) || NamedPart.split(text, endings: [".csv"]) != nil {
            let (file, column) = NamedPart.split(text, endings: [".csv"]) ?? (text, "")
            try FileAccess.requireFile(file)
            texts = try CSVColumn.texts(column.isEmpty ? nil : column, in: file)
            (isInteger, firstFraction) = (texts.allSatisfy { Int($0).map { "\($0)" } == $0 }, nil)
            return
        }
        try NumericArray.requireColumn(text, option: option, "one value for each stamp")
        if let texts = try NpyTexts.read(text) {
            (self.texts, isInteger, firstFraction) = (texts, false, nil)
        } else {
            texts = try NumericArray.columnTexts(text, value: "value", of: "stamp")
            firstFraction = texts.firstIndex { Int($0) == nil && UInt64($0) == nil }
            isInteger = texts.allSatisfy { Int($0) != nil }
        }
    }

    /// The file that an option names; what it names is not looked at.
    public static func file(of text: String) -> String {
        NamedPart.split(text, endings: [".csv"])?.file ?? StampFiles.file(of: text)
    }

    /// A hash of the texts in their order, as eight hexadecimal digits. Against oversight, not malice.
    public var fingerprint: String {
        var checksum = CRC32()
        for text in texts { Array("\(text)\n".utf8).withUnsafeBytes { checksum.update($0) } }
        return checksum.hexadecimal
    }

    /// Whether there is a value for each of so many stamps.
    ///
    /// - Throws: `Fault(.badData)` otherwise.
    public func check(count: Int) throws {
        try RowCount.check(self.count, of: name, stamps: count)
    }

    /// Each text that occurs, once: whole numbers in the order of their values, others in that of their bytes.
    public var distinctTexts: [String] {
        let distinct = Set(texts)
        return isInteger
            ? distinct.sorted { Int($0)! < Int($1)! }
            : distinct.sortedByBytes()
    }

    /// The first row whose text is none of these.
    public func firstRow(notAmong known: [String]) -> Int? {
        let known = Set(known)
        return texts.firstIndex { !known.contains($0) }
    }
}

/// Tables and arrays beside the stamps have a row for each of them.
enum RowCount {
    /// - Throws: `Fault(.badData)` for another number of rows.
    static func check(_ rows: Int, of name: String, stamps: Int) throws {
        guard rows == stamps else {
            throw Fault(
                .badData, name, "has \(rows) rows for \(stamps) stamps",
                remedy: "give one row for each stamp, in the order of the files of stamps")
        }
    }
}
