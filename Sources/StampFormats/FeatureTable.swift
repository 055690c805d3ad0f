import Faults
import Files

/// Numbers for each stamp, from a table or an array beside the stamps: a network's second input.
public struct FeatureTable: Sendable {
    /// The file.
    public let name: String
    /// The columns, each once.
    public let columns: [String]
    /// (rows, columns), row by row; not a number where a value is missing or infinite.
    public let values: [Double]
    /// One for each stamp.
    public var rows: Int { values.count / columns.count }

    /// Reads `FILE.csv` or `FILE.npy` of (N, F) or (N), whose columns are 0, 1, …; all columns, or those of
    /// `FILE:COLUMN,COLUMN`, in that order.
    ///
    /// - Throws: `Fault(.usage)` for a text that names neither; `Fault` that names the file when it cannot be read, has
    ///   no such columns, or holds something else.
    public init(option: String, _ text: String) throws {
        try self.init(Place(option: option, text), model: nil)
    }

    /// Reads the columns that a model takes: by their names, wherever they are; or of an array that has just as many
    /// columns, in their order.
    ///
    /// - Parameters:
    ///   - names: of the columns.
    ///   - model: what messages call the model.
    /// - Throws: likewise; `Fault(.badData)` that names a column which is missing, and those that are there.
    public init(option: String, _ text: String, columns names: [String], of model: String) throws {
        try self.init(Place(option: option, text), model: (names, model))
    }

    private init(_ place: Place, model: (names: [String], path: String)?) throws {
        name = place.file
        try FileAccess.requireFile(place.file)
        if place.isCSV {
            let table = try CSVTable(contentsOf: place.file) { names in
                guard let model else { return try place.columns ?? Self.all(names, of: place.file) }
                return try Self.chosen(model.names, among: place.columns ?? names, of: place.file, model.path)
            }
            (columns, values) = (table.columns, table.values)
            return
        }
        let array = try NumericArray(contentsOf: place.file)
        guard (1...2).contains(array.shape.count), array.shape.count == 1 || array.shape[1] > 0 else {
            throw Fault(
                .badData, place.file,
                "holds an array of \(shapeText(array.shape)) instead of a row of features for each stamp",
                remedy: "save it as (N, F) for N stamps with F features")
        }
        let width = array.shape.count == 1 ? 1 : array.shape[1]
        let all = (0..<width).map(String.init)
        let chosen = try Self.chosen(place.columns ?? all, among: all, of: place.file, nil)
        var taken = chosen
        if let model {
            let isInOrder = model.names.count == chosen.count && !Set(model.names).isSubset(of: chosen)
            taken = isInOrder ? chosen : try Self.chosen(model.names, among: chosen, of: place.file, model.path)
            columns = model.names
        } else {
            columns = chosen
        }
        let numbers = try array.values
        let places = taken.map { Int($0)! }
        values = (0..<array.shape[0]).flatMap { row in
            places.map { column in
                let value = numbers[row * width + column]
                return value.isFinite ? value : .nan
            }
        }
    }

    /// All columns of a table, each of which needs a name.
    private static func all(_ names: [String], of file: String) throws -> [String] {
        guard !names.isEmpty, !names.contains("") else {
            throw Fault(
                .badData, file, names.isEmpty ? "has no columns" : "has a column without a name",
                remedy: "name every column in the first line, or name the features as \(file):COLUMN,COLUMN")
        }
        return names
    }

    /// The wanted columns, all of which must be there.
    private static func chosen(
        _ wanted: [String], among names: [String], of file: String, _ model: String?
    ) throws -> [String] {
        let known = Set(names)
        guard let missing = wanted.first(where: { !known.contains($0) }) else { return wanted }
        let listed = names.filter { !$0.isEmpty }.prefix(20).joined(separator: ", ").prefix(300)
        throw Fault(
            .badData, file, "has no column \"\(missing)\"\(model.map { ", which \($0) takes" } ?? "")",
            remedy: listed.isEmpty
                ? "its first line must name the columns"
                : "\(model == nil ? "name one of these" : "give a table with it; this one has"): \(listed)")
    }

    /// The rows of this table and those of others, which have the same columns, behind them.
    package func joined(with others: [FeatureTable]) -> FeatureTable {
        precondition(others.allSatisfy { $0.columns == columns }, "tables of different columns")
        return FeatureTable(name: name, columns: columns, values: values + others.flatMap(\.values))
    }

    private init(name: String, columns: [String], values: [Double]) {
        (self.name, self.columns, self.values) = (name, columns, values)
    }

    /// Whether there is a row for each of so many stamps.
    ///
    /// - Throws: `Fault(.badData)` otherwise.
    public func check(count: Int) throws {
        try RowCount.check(rows, of: name, stamps: count)
    }

    /// A hash of names and numbers, as eight hexadecimal digits. Against oversight, not malice.
    public var fingerprint: String {
        var checksum = CRC32()
        Array(columns.joined(separator: "\n").utf8).withUnsafeBytes { checksum.update($0) }
        values.withUnsafeBytes { checksum.update($0) }
        return checksum.hexadecimal
    }
}

extension FeatureTable {
    /// The file that an option names; what it names is not looked at.
    public static func file(of text: String) -> String {
        NamedPart.split(text, endings: Place.endings)?.file ?? text
    }

    /// Where an option says that the table is.
    private struct Place {
        static let endings = [".csv", ".npy"]

        let file: String
        /// Nil for all.
        let columns: [String]?

        init(option: String, _ text: String) throws {
            let (file, part) = NamedPart.split(text, endings: Self.endings).map { ($0.file, $0.part) } ?? (text, nil)
            guard NamedPart.has(Self.endings, file.utf8) else {
                throw ForeignArray.tableFault(text, option: option)
                    ?? Fault(
                        .usage, "\(option) \(text)", "names neither a table nor an array",
                        remedy: "give FILE.csv or FILE.npy, with :COLUMN,COLUMN for some of its columns")
            }
            let columns = part.map { part in
                part.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmed }
            }
            if let columns, columns.contains("") || Set(columns).count < columns.count {
                throw Fault(
                    .usage, "\(option) \(text)", "does not name each column once",
                    remedy: "give, for instance, \(file):fwhm,elongation")
            }
            (self.file, self.columns) = (file, columns)
        }

        var isCSV: Bool { NamedPart.has([".csv"], file.utf8) }
    }
}
