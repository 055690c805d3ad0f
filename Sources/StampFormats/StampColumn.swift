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
            isInteger = texts.allSatisfy { Int($0).map { "\($0)" } == $0 }
            return
        }
        guard NamedPart.has([".npy"], text.utf8) || NamedPart.split(text, endings: [".npz"]) != nil else {
            throw Fault(
                .usage, "\(option) \(text)", "names neither a column nor an array",
                remedy: "give FILE.csv:COLUMN, or FILE.npy with one value for each stamp")
        }
        try FileAccess.requireFile(StampFiles.file(of: text))
        if let texts = try NpyTexts.read(text) {
            (self.texts, isInteger) = (texts, false)
        } else {
            let values = try Self.numbers(text)
            isInteger = values.allSatisfy { Int(exactly: $0) != nil }
            texts = values.map { Int(exactly: $0).map(String.init) ?? "\($0)" }
        }
    }

    private static func numbers(_ name: String) throws -> [Double] {
        let array = try NumericArray(contentsOf: name)
        // (N), or a column (N, 1).
        guard let first = array.shape.first, first == array.count else {
            throw Fault(
                .badData, name, "holds an array of \(shapeText(array.shape)) instead of one value for each stamp",
                remedy: "save one column of it alone")
        }
        let values = try array.values
        if let row = values.firstIndex(where: { !$0.isFinite }) {
            throw Fault(
                .badData, name, "holds \(values[row]) for stamp \(row)", remedy: "give every stamp a finite number")
        }
        return values
    }

    /// Whether there is a value for each of so many stamps.
    ///
    /// - Throws: `Fault(.badData)` otherwise.
    public func check(count: Int) throws {
        guard self.count == count else {
            throw Fault(
                .badData, name, "has \(self.count) rows for \(count) stamps",
                remedy: "give one row for each stamp, in the order of the files of stamps")
        }
    }

    /// Each text that occurs, once: whole numbers in the order of their values, others in that of their bytes.
    public var distinctTexts: [String] {
        let distinct = Set(texts)
        return isInteger
            ? distinct.sorted { Int($0)! < Int($1)! }
            : distinct.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The first row whose text is none of these.
    public func firstRow(notAmong known: [String]) -> Int? {
        let known = Set(known)
        return texts.firstIndex { !known.contains($0) }
    }
}
