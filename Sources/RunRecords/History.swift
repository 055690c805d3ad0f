import Faults
import StampFormats

/// The epochs of a run: `history.csv`.
///
/// Every change rewrites the file as a whole and renames it into place (it is small): a crash never leaves half a row.
public struct History: Sendable {
    /// The file.
    public let path: String
    /// The epochs so far, the first one first.
    public private(set) var rows: [HistoryRow] = []

    /// A history without epochs; touches nothing.
    public init(path: String) { self.path = path }

    /// Reads the history of a run that is resumed.
    /// - Throws: `Fault(.missingInput)` when there is no such file, `Fault(.badData)` that names the line at fault.
    public static func read(_ path: String) throws -> History {
        let text = String(decoding: try FileAccess.read(path), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline)
        let remedy = "restore the file from a copy, or run again with a new --output"
        guard lines.first == HistoryRow.header[...] else {
            throw Fault(.badData, path, "line 1 is not \"\(HistoryRow.header)\"", remedy: remedy)
        }
        var history = History(path: path)
        for (index, line) in lines.enumerated().dropFirst() {
            guard let row = HistoryRow(line: line), row.epoch > history.rows.last?.epoch ?? 0 else {
                throw Fault(.badData, path, "line \(index + 1) is no epoch that follows: \"\(line)\"", remedy: remedy)
            }
            history.rows.append(row)
        }
        return history
    }

    /// Adds an epoch and writes the file.
    /// - Throws: `Fault(.cannotWrite)`; the history is then unchanged, here and on the disk.
    public mutating func append(_ row: HistoryRow) throws {
        precondition(row.epoch > rows.last?.epoch ?? 0, "epoch \(row.epoch) does not follow the last one")
        try replaceRows(rows + [row])
    }

    /// Forgets the epochs after `epoch` and writes the file: a run resumed from an earlier checkpoint does them again.
    /// - Throws: `Fault(.cannotWrite)`; the history is then unchanged, here and on the disk.
    public mutating func truncate(afterEpoch epoch: Int) throws {
        try replaceRows(rows.filter { $0.epoch <= epoch })
    }

    private mutating func replaceRows(_ newRows: [HistoryRow]) throws {
        let lines = [HistoryRow.header] + newRows.map(\.line)
        try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path)
        rows = newRows
    }
}
