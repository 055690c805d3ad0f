import Files
import Metrics
import StampData

/// A layer's outputs, one line for each stamp: `file,index,value_0,value_1,…`, with identifiers
/// `file,index,id,value_0,…`. Rows are written as they come.
///
/// Numbers are in the shortest text that reads back as the same single-precision number.
final class LayerTable {
    /// More columns than this no spreadsheet has.
    static let mostColumns = 16_000
    private static let beginning = "file,index,"
    /// What it is, to recognise an earlier one.
    static let kind = OutputFile.Kind("a table of a layer's outputs") { path in
        let bytes = OutputFile.beginning(of: path)
        return ["", "id,"].contains { bytes.starts(with: (beginning + $0 + "value_0").utf8) }
    }

    private let file: AtomicFile
    private let stamps: StampCollection
    private let columns: Int
    /// What each stamp is called; nil for no such column.
    private let identifiers: [String]?

    /// - Throws: `Fault(.cannotWrite)`.
    init(_ file: AtomicFile, of stamps: StampCollection, columns: Int, identifiers: [String]?) throws {
        (self.file, self.stamps, self.columns, self.identifiers) = (file, stamps, columns, identifiers)
        let names = (identifiers == nil ? [] : ["id"]) + (0..<columns).map { "value_\($0)" }
        try file.write(Self.beginning + CSVText.line(names))
    }

    /// Adds the lines of the stamps from `first` on.
    ///
    /// - Parameter values: (stamps, columns), row by row.
    /// - Throws: `Fault(.cannotWrite)`.
    func append(_ values: [Float], first: Int) throws {
        var text = ""
        for row in 0..<values.count / columns {
            let place = stamps.location(first + row)
            let name = identifiers.map { [$0[first + row]] } ?? []
            text += CSVText.line(
                [CSVText.fileName(place.path), "\(place.index)"] + name
                    + values[row * columns..<(row + 1) * columns].map { "\($0)" })
        }
        try file.write(text)
    }

    /// Gives the file its name.
    ///
    /// - Throws: `Fault(.cannotWrite)`.
    func finish() throws { try file.commit() }
}
