import CKernels
import Communication
import Lanes
import Synchronization

/// The measured peak of the processors that the lanes run on: multiply-adds on registers alone, on all lanes at once.
enum PeakRate {
    /// Rounds, of which the fastest counts: on a shared machine others slow down most of them.
    private static let rounds = 200
    /// Floating-point operations of a lane in a round: about a millisecond of AVX-512.
    private static let operationsPerRound = 200_000_000

    /// Floating-point operations a second of all lanes of all ranks. Collective.
    static func measure(team: LaneTeam, group: any ProcessGroup) throws -> Double {
        let repetitions = operationsPerRound / peak_operations_per_round()
        let times = RoundTimes(count: rounds)
        let isNumber = Atomic<Bool>(true)
        try team.run { lane in
            var sum: Float = 0
            for round in 0..<rounds {
                team.synchronize(lane) {
                    try group.barrier()
                    times[round] = Timeline.now()
                }
                if team.hasFailed { return }
                sum += peak_rounds(repetitions)
                team.synchronize(lane) {
                    try group.barrier()
                    times[round] = Timeline.now() - times[round]
                }
                if team.hasFailed { return }
            }
            // Something must depend on the results, or the compiler could omit the work.
            if sum.isNaN { isNumber.store(false, ordering: .relaxed) }
        }
        precondition(isNumber.load(ordering: .relaxed), "the chains of peak.c converge")
        let slowest = try (0..<rounds).map { try group.maximum(of: times[$0]) }
        let lanes = try group.allGather([UInt8](repeating: 0, count: team.count)).reduce(0) { $0 + $1.count }
        return Double(lanes * repetitions * peak_operations_per_round()) / (Double(slowest.min()!) * 1e-9)
    }
}

/// Nanoseconds of each round, written by lane 0.
private final class RoundTimes: @unchecked Sendable {
    private let values: UnsafeMutablePointer<Int>

    init(count: Int) {
        values = .allocate(capacity: count)
        values.initialize(repeating: 0, count: count)
    }

    deinit { values.deallocate() }

    subscript(round: Int) -> Int {
        get { values[round] }
        set { values[round] = newValue }
    }
}
