import Lanes

/// How long some work takes at best.
enum FastestTime {
    /// Work is repeated at least so many times.
    private static let fewestRepetitions = 3

    /// Nanoseconds of the fastest of some repetitions: the one that others on the machine disturbed least.
    ///
    /// - Parameter patience: about how long to repeat the work, in nanoseconds.
    static func nanoseconds(_ patience: Int, _ work: () -> Void) -> Int {
        work()
        var best = Int.max
        let start = Timeline.now()
        var repetitions = 0
        while repetitions < fewestRepetitions || Timeline.now() - start < patience {
            let begin = Timeline.now()
            work()
            best = min(best, Timeline.now() - begin)
            repetitions += 1
        }
        return best
    }
}
