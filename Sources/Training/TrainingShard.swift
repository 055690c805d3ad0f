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

    /// The order of the epoch, stratum after stratum, and where each stratum's begins. Plain memory: lanes write the orders
    /// of their own strata while others read theirs, which elements of an array of arrays do not bear.
    private let orders: UnsafeMutablePointer<UInt32>
    private let orderStarts: [Int]
    /// Where each microbatch's sample numbers are put.
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
        var starts: [Int] = []
        var next = 0
        for position in positions {
            starts.append(next)
            next += lists[position].count
        }
        orderStarts = starts
        orders = .allocate(capacity: max(next, 1))
        for (start, stratum) in zip(starts, strata) {
            for index in stratum.numbers.indices { (orders + start + index).initialize(to: UInt32(index)) }
        }
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

    deinit {
        orders.deallocate()
        drawnNumbers.deallocate()
    }

    /// Stamps held in memory.
    package var residentStamps: Int { strata.reduce(0) { $0 + $1.numbers.count } }

    /// Shuffles one stratum for an epoch. Each lane does its own positions.
    package func beginEpoch(_ epoch: Int, position: Int) {
        let order = orders + orderStarts[position - positions.lowerBound]
        for (place, index) in plan.order(position: position, epoch: epoch, seed: seed).enumerated() {
            order[place] = UInt32(index)
        }
    }

    /// Copies the microbatch's stamps to `input`.
    /// - Returns: how many there are.
    package func draw(step: Int, position: Int, into input: UnsafeMutablePointer<Float>) -> Int {
        let local = position - positions.lowerBound
        let count = plan.microbatchSamples(step: step, position: position)
        let drawn = orders + orderStarts[local] + plan.firstInStratum(step: step, position: position)
        let stratum = strata[local]
        let numbers = drawnNumbers + local * plan.largestMicrobatch
        for sample in 0..<count {
            let index = Int(drawn[sample])
            (input + sample * pixels).update(from: stratum.stamps.pointer + index * pixels, count: pixels)
            numbers[sample] = stratum.numbers[index]
        }
        return count
    }

    /// The true class of a sample of the microbatch.
    package func label(step: Int, position: Int, sample: Int) -> Int {
        let local = position - positions.lowerBound
        let place = orderStarts[local] + plan.firstInStratum(step: step, position: position) + sample
        return Int(strata[local].labels[Int(orders[place])])
    }

    /// The numbers of the samples drawn last for a position.
    package func numbers(position: Int) -> UnsafePointer<UInt32> {
        UnsafePointer(drawnNumbers + (position - positions.lowerBound) * plan.largestMicrobatch)
    }
}
