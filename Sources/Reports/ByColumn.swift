import Faults
import Files
import Metrics
import StampFormats

extension SourceColumn {
    /// Reads the values of `--by` for the sources of some files.
    ///
    /// - Throws: as ``init(option:)`` does, and `Fault(.badData)` for a column that does not fit the files.
    public static func read(_ options: [String], sources: StampSource) throws -> [SourceColumn] {
        let columns = try options.map { try SourceColumn(option: $0) }
        guard !columns.isEmpty else { return [] }
        let count = try sources.open().reduce(0) { $0 + $1.count }
        for column in columns { try column.check(sources: count) }
        return columns
    }

    /// Reads one value of `--by`: `FILE.csv:COLUMN`, or an array `FILE.npy`; one number for each source.
    ///
    /// - Throws: `Fault(.usage)` for a value that names neither, `Fault` that names the file when it cannot be read, has
    ///   no such column, or something other than finite numbers in it.
    public init(option text: String) throws {
        if let (file, column) = NamedPart.split(text, endings: [".csv"]), !column.isEmpty {
            try FileAccess.requireFile(file)
            self.init(name: column, values: try CSVColumn.numbers(column, in: file))
            return
        }
        try NumericArray.requireColumn(text, option: "--by", "a number for each source")
        self.init(
            name: FileAccess.split(text).name, values: try NumericArray.column(text, value: "number", of: "source"))
    }

    /// Whether there is a value for each of so many sources.
    ///
    /// - Throws: `Fault(.badData)` otherwise.
    func check(sources: Int) throws {
        guard values.count == sources else {
            throw Fault(
                .badData, "--by \(name)", "has \(values.count) rows for \(sources) source stamps",
                remedy: "give one row for each source stamp, in the order of the source files")
        }
    }
}
