import CKernels
import Communication

/// The measured peak of the processors that the lanes run on: multiply-adds on registers alone, on all lanes at once.
enum PeakRate {
    /// Bursts, of which each lane takes its best: on a shared machine others cut into longer ones.
    private static let bursts = 40
    /// Floating-point operations of a burst on a lane: about two milliseconds of AVX-512.
    private static let operationsPerBurst = 400_000_000

    /// Floating-point operations a second of all lanes of all ranks. Collective.
    static func measure(team: LaneTeam, group: any ProcessGroup) throws -> Double {
        let rates = LaneValues(count: team.count)
        let rounds = operationsPerBurst / peak_operations_per_round()
        try group.barrier()
        try team.run { lane in
            team.meet()
            var unused: Float = 0
            for _ in 0..<bursts {
                let start = Timeline.now()
                unused += peak_rounds(rounds)
                let seconds = Double(max(1, Timeline.now() - start)) * 1e-9
                rates[lane] = max(rates[lane], Double(rounds * peak_operations_per_round()) / seconds)
            }
            // The sum of all results takes part in a decision, so that none is left out.
            if unused.isNaN { rates[lane] = 0 }
        }
        let own = (0..<team.count).reduce(0) { $0 + rates[$1] }
        // As text, which says the number exactly.
        return try group.allGather(Array(String(own).utf8)).reduce(0) { sum, text in
            sum + (Double(String(decoding: text, as: UTF8.self)) ?? 0)
        }
    }
}

/// One number for each lane.
private final class LaneValues: @unchecked Sendable {
    private let values: UnsafeMutablePointer<Double>

    init(count: Int) {
        values = .allocate(capacity: count)
        values.initialize(repeating: 0, count: count)
    }

    deinit { values.deallocate() }

    subscript(lane: Int) -> Double {
        get { values[lane] }
        set { values[lane] = newValue }
    }
}
