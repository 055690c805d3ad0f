import Faults
import Files

/// The epochs of a run: `history.csv`.
///
/// The file is always written as a whole and renamed into place (it is small): a crash never leaves half a row, and a
/// row that could not be written is written with the next one. A run that watches a measurement which others do not
/// make has a column of it behind `val_accuracy`; the file of any other run knows nothing of it.
public struct History: Sendable {
    /// The file.
    public let path: String
    /// The epochs so far, the first one first.
    public private(set) var rows: [HistoryRow] = []

    /// A history of these epochs; touches nothing.
    public init(path: String, rows: [HistoryRow] = []) {
        self.path = path
        self.rows = rows
    }

    /// Reads a history that ``write()`` has written.
    /// - Throws: `Fault(.missingInput)` when there is no such file, `Fault(.badData)` that names the line at fault.
    public static func read(_ path: String) throws -> History {
        let text = String(decoding: try FileAccess.read(path), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline)
        let remedy = "restore the file from a copy, or run again with a new --output"
        guard let first = lines.first, let watched = HistoryRow.watchedColumns(header: first) else {
            throw Fault(.badData, path, "line 1 is not \"\(HistoryRow.header())\"", remedy: remedy)
        }
        var history = History(path: path)
        for (index, line) in lines.enumerated().dropFirst() {
            guard let row = HistoryRow(line: line, watched), row.epoch == history.rows.count + 1 else {
                throw Fault(
                    .badData, path, "line \(index + 1) is not the next epoch: \"\(line.prefix(200))\"", remedy: remedy)
            }
            history.rows.append(row)
        }
        return history
    }

    /// Adds an epoch; ``write()`` puts it on the disk.
    public mutating func append(_ row: HistoryRow) {
        precondition(row.epoch > rows.last?.epoch ?? 0, "epoch \(row.epoch) does not follow the last one")
        rows.append(row)
    }

    /// Replaces the file by the epochs so far.
    /// - Throws: `Fault(.cannotWrite)`; the file is then what it was.
    public func write() throws { try write(to: path) }

    /// Writes the same to another file.
    public func write(to path: String) throws {
        let watched = HistoryRow.WatchedColumn.allCases.filter { column in rows.contains { $0[column] != nil } }
        let lines = [HistoryRow.header(watched)] + rows.map { $0.line(watched) }
        try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path)
    }
}
