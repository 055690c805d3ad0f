import StampData
import Tensors

/// The strata that a rank owns: their normalised stamps, labels and numbers, and the order in which an epoch draws them.
package final class TrainingShard: @unchecked Sendable {
    /// The microbatch positions of this rank.
    let positions: Range<Int>
    let pixels: Int
    private let strata: [Stratum]
    private let plan: BatchPlan
    private let seed: UInt64

    private struct Stratum {
        let stamps: FloatBuffer
        let labels: [UInt8]
        /// The stamps' numbers in the collection: coordinates of their random numbers.
        let numbers: [UInt32]
    }

    /// The order of the epoch, position by position, and where each microbatch's sample numbers are put.
    private var orders: [[Int]]
    private let drawnNumbers: UnsafeMutablePointer<UInt32>

    /// Loads and normalises the strata of `positions`, a few stamps a lane at a time.
    ///
    /// - Parameter lists: the stamps of every stratum of the training set.
    package init(
        collection: StampCollection, normalization: Normalization, plan: BatchPlan, lists: [[Int]],
        positions: Range<Int>,
        seed: UInt64, team: LaneTeam
    ) throws {
        self.positions = positions
        self.plan = plan
        self.seed = seed
        pixels = collection.pixels
        let pixels = pixels
        strata = positions.map { position in
            Stratum(
                stamps: FloatBuffer(count: lists[position].count * pixels),
                labels: lists[position].map { UInt8(collection.label($0)) }, numbers: lists[position].map { UInt32($0) }
            )
        }
        orders = positions.map { Array(0..<lists[$0].count) }
        drawnNumbers = .allocate(capacity: max(positions.count * plan.largestMicrobatch, 1))
        // One list of (stratum, index) spans would be large: cut by stratum, and a stratum into chunks.
        var jobs: [(stratum: Int, range: Range<Int>)] = []
        for (index, stratum) in strata.enumerated() {
            for start in stride(from: 0, to: stratum.numbers.count, by: 64) {
                jobs.append((index, start..<min(start + 64, stratum.numbers.count)))
            }
        }
        let strata = strata
        let work = jobs
        try team.share(work.count, chunk: 1) { _, range in
            for job in work[range] {
                let stratum = strata[job.stratum]
                for index in job.range {
                    let isUsable = collection.normalizedStamp(
                        Int(stratum.numbers[index]), normalization, into: stratum.stamps.pointer + index * pixels)
                    precondition(isUsable, "a stamp that the scan found good cannot be normalised")
                }
            }
        }
    }

    deinit { drawnNumbers.deallocate() }

    /// Stamps held in memory.
    package var residentStamps: Int { strata.reduce(0) { $0 + $1.numbers.count } }

    /// Shuffles one stratum for an epoch. Each lane does its own positions.
    package func beginEpoch(_ epoch: Int, position: Int) {
        orders[position - positions.lowerBound] = plan.order(position: position, epoch: epoch, seed: seed)
    }

    /// Copies the microbatch's stamps to `input`.
    /// - Returns: how many there are.
    package func draw(step: Int, position: Int, into input: UnsafeMutablePointer<Float>) -> Int {
        let local = position - positions.lowerBound
        let count = plan.microbatchSamples(step: step, position: position)
        let first = plan.firstInStratum(step: step, position: position)
        let stratum = strata[local]
        let numbers = drawnNumbers + local * plan.largestMicrobatch
        for sample in 0..<count {
            let index = orders[local][first + sample]
            (input + sample * pixels).update(from: stratum.stamps.pointer + index * pixels, count: pixels)
            numbers[sample] = stratum.numbers[index]
        }
        return count
    }

    /// The true class of a sample of the microbatch.
    package func label(step: Int, position: Int, sample: Int) -> Int {
        let local = position - positions.lowerBound
        return Int(strata[local].labels[orders[local][plan.firstInStratum(step: step, position: position) + sample]])
    }

    /// The numbers of the samples drawn last for a position.
    package func numbers(position: Int) -> UnsafePointer<UInt32> {
        UnsafePointer(drawnNumbers + (position - positions.lowerBound) * plan.largestMicrobatch)
    }
}
