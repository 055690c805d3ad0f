import Faults
import Files
import StampData

/// `training_stamps.bin`: ``TrainedStamps``, the limit and then the hashes, eight bytes each with the lowest first.
public enum TrainedStampsFile {
    /// - Throws: `Fault(.cannotWrite)`.
    public static func write(_ stamps: TrainedStamps, to path: String) throws {
        try ([stamps.limit] + stamps.hashes).map(\.littleEndian).withUnsafeBytes { try AtomicFile.write($0, to: path) }
    }

    /// - Throws: `Fault(.missingInput)` when there is no such file, `Fault(.badData)` when it is damaged.
    public static func read(_ path: String) throws -> TrainedStamps {
        let bytes = try FileAccess.read(path)
        let numbers = stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map { start in
            bytes[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        guard bytes.count % 8 == 0, let limit = numbers.first,
            zip(numbers.dropFirst(), numbers.dropFirst(2)).allSatisfy({ $0 < $1 }),
            numbers.count < 2 || numbers.last! <= limit
        else {
            throw Fault(
                .badData, path, "is damaged: it holds no rising numbers",
                remedy: "restore the file from a copy, or remove it: it is only asked which stamps were trained on")
        }
        return TrainedStamps(limit: limit, hashes: Array(numbers.dropFirst()))
    }
}
