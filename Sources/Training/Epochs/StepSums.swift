import Communication
import Engine
import StampData

/// The losses of an epoch, step by step, until rank 0 collects them.
///
/// Each rank records the sums of its own microbatch positions, which the epoch's mean needs anyway; now and then rank 0
/// collects them and adds them up in the order of the positions: the same bits for any number of ranks and lanes, and
/// no message in a step.
struct StepSums {
    /// The sums over all positions at the end of one step.
    struct Sum {
        /// Steps of the epoch that are done.
        let steps: Int
        /// By the clock of the run.
        let time: UInt64
        let loss: Double
        let correct: Double
    }

    /// The most rows of an epoch.
    private static let mostRows = 1000

    private let group: any ProcessGroup
    private let steps: Int
    /// Steps per row: 1, except in epochs of many small steps. A function of the plan alone, so that a resumed run
    /// continues with the same rows.
    private let interval: Int
    private var recorded: [(steps: Int, time: UInt64)] = []
    /// Loss and correct predictions of each position, step after step.
    private var values: [Double] = []

    init(plan: BatchPlan, group: any ProcessGroup) {
        steps = plan.steps
        interval = (plan.steps + Self.mostRows - 1) / Self.mostRows
        self.group = group
    }

    /// Whether a row ends with this step of the epoch, counted from 1.
    func isDue(_ step: Int) -> Bool { step.isMultiple(of: interval) || step == steps }

    /// Whether there is something to collect.
    var isEmpty: Bool { recorded.isEmpty }

    /// Records this rank's sums after a step.
    mutating func record(_ totals: EpochTotals, steps: Int, at time: UInt64) {
        recorded.append((steps, time))
        for position in totals.positions {
            let (loss, correct) = totals[position]
            values.append(loss)
            values.append(correct)
        }
    }

    /// The sums recorded since the last call; empty on all ranks but 0. Collective.
    mutating func collect() throws -> [Sum] {
        guard let ranks = try group.gather(values: values) else {
            (recorded, values) = ([], [])
            return []
        }
        let sums = recorded.enumerated().map { row, step in
            var (loss, correct) = (0.0, 0.0)
            for rank in ranks {
                let width = rank.count / recorded.count
                for index in stride(from: row * width, to: (row + 1) * width, by: 2) {
                    loss += rank[index]
                    correct += rank[index + 1]
                }
            }
            return Sum(steps: step.steps, time: step.time, loss: loss, correct: correct)
        }
        (recorded, values) = ([], [])
        return sums
    }
}
