import Communication
import Engine
import StampData

/// What the steps of an epoch cost, step by step, until rank 0 asks for it.
///
/// Each rank notes the sums of its own microbatch positions, which the epoch's mean needs anyway; now and then rank 0
/// collects them and adds them up in the order of the positions: the same bits for any number of ranks and lanes, and no
/// message in a step.
struct StepSums {
    /// The sums over all positions at the end of one step.
    struct Sum {
        /// Steps of the epoch that are done.
        let steps: Int
        /// In the clock of the run.
        let time: UInt64
        let loss: Double
        let correct: Double
    }

    /// An epoch is told in no more than so many rows.
    private static let mostRows = 1000

    private let group: any ProcessGroup
    private let steps: Int
    /// How many steps one row stands for: 1, but in epochs of many small steps. A function of the plan alone, so that a
    /// resumed run goes on with the same rows.
    private let interval: Int
    private var noted: [(steps: Int, time: UInt64)] = []
    /// Loss and right predictions of each position, step after step.
    private var values: [Double] = []

    init(plan: BatchPlan, group: any ProcessGroup) {
        steps = plan.steps
        interval = (plan.steps + Self.mostRows - 1) / Self.mostRows
        self.group = group
    }

    /// Whether a row ends with this step of the epoch, counted from 1.
    func isDue(_ step: Int) -> Bool { step.isMultiple(of: interval) || step == steps }

    /// Whether there is something to collect.
    var isEmpty: Bool { noted.isEmpty }

    /// Notes this rank's sums after a step.
    mutating func note(_ totals: EpochTotals, steps: Int, at time: UInt64) {
        noted.append((steps, time))
        for position in totals.positions {
            let (loss, correct) = totals[position]
            values.append(loss)
            values.append(correct)
        }
    }

    /// What was noted since the last time; empty on other ranks than 0. Collective.
    mutating func collect() throws -> [Sum] {
        guard let ranks = try group.gather(values: values) else {
            (noted, values) = ([], [])
            return []
        }
        let sums = noted.enumerated().map { row, step in
            var (loss, correct) = (0.0, 0.0)
            for rank in ranks {
                let width = rank.count / noted.count
                for index in stride(from: row * width, to: (row + 1) * width, by: 2) {
                    loss += rank[index]
                    correct += rank[index + 1]
                }
            }
            return Sum(steps: step.steps, time: step.time, loss: loss, correct: correct)
        }
        (noted, values) = ([], [])
        return sums
    }
}
