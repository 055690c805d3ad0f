import TestSupport
import Testing

/// What must not depend on ranks, threads or interruptions in a run folder.
struct RunResult {
    private let parts: [(name: String, bytes: [UInt8])]

    init(_ folder: String) throws {
        let timing = 2
        let history = try text("\(folder)/history.csv").split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).dropLast(timing).joined(separator: ",")
        }
        parts = [
            ("model.safetensors", try bytes("\(folder)/model.safetensors")),
            ("history.csv", Array(history.joined(separator: "\n").utf8)),
            ("hashes.csv", try bytes("\(folder)/hashes.csv")),
            ("test_predictions.csv", try bytes("\(folder)/test_predictions.csv")),
            ("metrics.json", try bytes("\(folder)/metrics.json")),
            ("metrics.jsonl", Array(try Self.timeless("\(folder)/metrics.jsonl").utf8)),
        ]
    }

    /// The lines of `metrics.jsonl` without times.
    private static func timeless(_ path: String) throws -> String {
        try text(path).replacing(#/"(seconds|samples_per_second)":[^,}]*,?/#, with: "")
    }

    /// The files that differ.
    func differences(from other: RunResult) -> [String] {
        zip(parts, other.parts).filter { $0.bytes != $1.bytes }.map { $0.0.name }
    }
}
