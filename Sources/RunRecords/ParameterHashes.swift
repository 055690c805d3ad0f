import Faults
import Files

/// The parameters' hash at the end of each epoch: `hashes.csv`. Two runs with the same settings have the same file.
public struct ParameterHashes: Hashable, Sendable {
    /// One epoch's hash.
    public struct Row: Hashable, Sendable {
        /// 1 for the first epoch.
        public var epoch: Int
        /// Optimizer steps done since the start of the run.
        public var step: Int
        /// Eight hexadecimal digits.
        public var hash: String

        public init(epoch: Int, step: Int, hash: String) {
            self.epoch = epoch
            self.step = step
            self.hash = hash
        }
    }

    static let header = "epoch,step,hash"

    /// The file.
    public let path: String
    /// The epochs so far, the first one first.
    public private(set) var rows: [Row]

    /// The hashes of these epochs; touches nothing.
    public init(path: String, rows: [Row] = []) {
        self.path = path
        self.rows = rows
    }

    /// Reads what ``write()`` has written.
    /// - Throws: `Fault(.missingInput)` when there is no such file, `Fault(.badData)` that names the line at fault.
    public static func read(_ path: String) throws -> ParameterHashes {
        let lines = String(decoding: try FileAccess.read(path), as: UTF8.self).split(separator: "\n")
        let rows = lines.enumerated().dropFirst().compactMap { number, line -> Row? in
            let fields = line.split(separator: ",", maxSplits: 2)
            guard fields.count == 3, Int(fields[0]) == number, let step = Int(fields[1]), step > 0 else { return nil }
            return Row(epoch: number, step: step, hash: String(fields[2]))
        }
        guard lines.first == header[...], rows.count == lines.count - 1 else {
            throw Fault(
                .badData, path, "is no table of \(header)",
                remedy: "restore the file from a copy, or run again with a new --output")
        }
        return ParameterHashes(path: path, rows: rows)
    }

    /// Adds an epoch; ``write()`` puts it on the disk.
    public mutating func append(_ row: Row) { rows.append(row) }

    /// Replaces the file by the hashes so far.
    /// - Throws: `Fault(.cannotWrite)`; the file is then what it was.
    public func write() throws { try write(to: path) }

    /// Writes the same to another file.
    public func write(to path: String) throws {
        let lines = [Self.header] + rows.map { "\($0.epoch),\($0.step),\($0.hash)" }
        try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path)
    }
}
