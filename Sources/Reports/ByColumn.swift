import Faults
import Figures
import Files
import Metrics
import StampData
import StampFormats

/// A column of `--by` as its file has it: one number for each stamp, or of two classes for each stamp of the second.
public struct ByColumn: Sendable {
    /// What tables call it.
    public let name: String
    /// In the order of the rows; NaN where a row has none.
    private let values: [Double]
    /// What is wrong with the first of these rows where every row must have a number.
    private let firstGap: Fault?

    /// Reads one value of `--by`: `FILE.csv:COLUMN`, or an array `FILE.npy`.
    ///
    /// - Parameter unit: what messages call that which has a row.
    /// - Throws: `Fault(.usage)` for a value that names neither, `Fault` that names the file when it cannot be read, has
    ///   no such column, or something other than numbers and gaps in it.
    public init(option text: String, unit: String = "stamp") throws {
        if let (file, column) = NamedPart.split(text, endings: [".csv"]), !column.isEmpty {
            try FileAccess.requireFile(file)
            name = column
            (values, firstGap) = try CSVColumn.numbersOrGaps(column, in: file)
            return
        }
        try NumericArray.requireColumn(text, option: "--by", "a number for each \(unit)")
        name = FileAccess.split(text).name
        (values, firstGap) = try NumericArray.columnOrGaps(text, value: "number", of: unit)
    }

    /// Reads the values of `--by`.
    ///
    /// - Parameter files: those of the stamps.
    /// - Throws: as ``init(option:unit:)``, and `Fault(.usage)` for more columns than a report draws.
    public static func read(_ options: [String], of files: LabelledFiles) throws -> [ByColumn] {
        let most = CompletenessFigure.Quantity.mostColumns
        guard options.count <= most else {
            throw Fault(
                .usage, "--by", "is given \(options.count) times", remedy: "give at most \(most) columns at a time")
        }
        return try options.map { try ByColumn(option: $0, unit: files.areNoiseAndSources ? "source" : "stamp") }
    }

    /// The numbers of the stamps; rows are in the order of the files.
    ///
    /// - Throws: `Fault(.badData)` when there are more or fewer rows, or one without a number where all must have one.
    public func numbers(of stamps: StampCollection) throws -> StampNumbers {
        if values.count == stamps.count { return StampNumbers(name: name, values: values) }
        // What has no row is in no test set.
        if let test = stamps.parts[.test], values.count == test.count {
            return StampNumbers(
                name: name,
                values: (0..<stamps.count).map { test.contains($0) ? values[$0 - test.lowerBound] : .nan })
        }
        guard stamps.classes.count == 2, values.count == stamps.classCounts[1] else { throw wrongCount(stamps) }
        if let firstGap { throw firstGap }
        var rows = values.makeIterator()
        return StampNumbers(
            name: name, values: (0..<stamps.count).map { stamps.label($0) == 1 ? rows.next()! : .nan })
    }

    private func wrongCount(_ stamps: StampCollection) -> Fault {
        let counts = stamps.classCounts, rows = "has \(values.count) rows for "
        if stamps.classes == .noiseAndSource {
            return Fault(
                .badData, "--by \(name)", rows + "\(counts[1]) source stamps",
                remedy: "give one row for each source stamp, in the order of the source files")
        }
        if counts.count == 2 {
            let second = stamps.classes.names[1]
            return Fault(
                .badData, "--by \(name)", rows + "\(stamps.count) stamps, \(counts[1]) of them of \(second)",
                remedy: "give one row for each stamp, or for each of \(second), in the order of the files")
        }
        return Fault(
            .badData, "--by \(name)", rows + "\(stamps.count) stamps",
            remedy: "give one row for each stamp, in the order of the files")
    }
}
