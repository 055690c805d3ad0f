import Communication
import Lanes

/// Timing on all ranks at once: the same number of rounds and of repetitions everywhere.
enum TimedRounds {
    /// Rounds whose median counts: an odd number.
    static let count = 5

    /// Wall time of `work` on the slowest rank, in seconds. Collective.
    static func time(group: any ProcessGroup, _ work: () throws -> Void) throws -> Double {
        try group.barrier()
        let start = Timeline.now()
        try work()
        return Double(max(1, try group.maximum(of: Timeline.now() - start))) * 1e-9
    }

    /// Runs `round` once to warm up, then with more and more repetitions until they fill a round, and then `count`
    /// times with that many. Collective.
    ///
    /// - Parameters:
    ///   - seconds: about how long all rounds take together.
    ///   - round: does the work the given number of times and returns the seconds of one, the same on all ranks.
    static func measure(
        seconds: Double, group: any ProcessGroup, _ round: (_ repetitions: Int) throws -> Double
    ) throws -> (times: [Double], repetitions: Int) {
        _ = try round(1)
        var repetitions = 1
        var single = try round(1)
        // The first repetitions of short work say little about the later ones.
        while single * Double(repetitions) < seconds / Double(4 * count), repetitions < 1 << 20 {
            repetitions *= 4
            single = try round(repetitions)
        }
        repetitions = max(1, Int((seconds / Double(count) / single).rounded()))
        return (try (0..<count).map { _ in try round(repetitions) }, repetitions)
    }
}
