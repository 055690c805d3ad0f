import StampData
import Tensors

/// The strata that a rank owns: their stamps (normalised, or as they are augmented from), labels and numbers, and the order in which an epoch draws them.
package final class TrainingShard: @unchecked Sendable {
    /// The microbatch positions of this rank.
    let positions: Range<Int>
    let pixels: Int
    private let plan: BatchPlan
    private let seed: UInt64

    // All strata one behind the other. Plain memory: lanes write the orders of their own strata while others read theirs,
    // which elements of an array of arrays do not bear.

    /// The first stamp of each stratum, and their number.
    private let starts: [Int]
    private let stamps: FloatBuffer
    /// What varies the stamps as they are drawn, and the spread of each one's sky; nil and none without augmentation.
    private let augmenter: StampAugmenter?
    private let spreads: FloatBuffer
    private let labels: UnsafeMutablePointer<UInt8>
    /// The stamps' numbers in the collection: coordinates of their random numbers.
    private let stampNumbers: UnsafeMutablePointer<UInt32>
    /// The order of the epoch within each stratum.
    private let orders: UnsafeMutablePointer<UInt32>
    /// The epoch of each position: a coordinate of augmentation.
    private let epochs: UnsafeMutablePointer<Int>
    /// Where each microbatch's sample numbers are put.
    private let drawnNumbers: UnsafeMutablePointer<UInt32>

    /// Makes room for the strata of `positions`; `assign(to:)` has them loaded.
    ///
    /// - Parameters:
    ///   - lists: the stamps of every stratum of the training set.
    ///   - augmenter: varies stamps as they are drawn; nil to draw them as they are.
    init(
        collection: StampCollection, plan: BatchPlan, lists: [[Int]], positions: Range<Int>, seed: UInt64,
        augmenter: StampAugmenter?
    ) {
        self.augmenter = augmenter
        self.positions = positions
        self.plan = plan
        self.seed = seed
        pixels = collection.pixels
        var starts = [0]
        for position in positions { starts.append(starts.last! + lists[position].count) }
        self.starts = starts
        let count = starts.last!
        stamps = FloatBuffer(count: count * collection.pixels)
        spreads = FloatBuffer(count: augmenter == nil ? 0 : count)
        epochs = .allocate(capacity: max(positions.count, 1))
        epochs.initialize(repeating: 0, count: max(positions.count, 1))
        labels = .allocate(capacity: max(count, 1))
        stampNumbers = .allocate(capacity: max(count, 1))
        orders = .allocate(capacity: max(count, 1))
        drawnNumbers = .allocate(capacity: max(positions.count * plan.largestMicrobatch, 1))
        for (start, position) in zip(starts, positions) {
            for (index, stamp) in lists[position].enumerated() {
                (labels + start + index).initialize(to: UInt8(collection.label(stamp)))
                (stampNumbers + start + index).initialize(to: UInt32(stamp))
                (orders + start + index).initialize(to: UInt32(index))
            }
        }
    }

    /// Loads and normalises the strata of `positions`, all of whose stamps must be usable.
    ///
    /// - Parameter lists: the stamps of every stratum of the training set.
    package convenience init(
        collection: StampCollection, normalization: Normalization, plan: BatchPlan, lists: [[Int]],
        positions: Range<Int>, seed: UInt64, augmentation: Augmentation = .none, team: LaneTeam
    ) throws {
        self.init(
            collection: collection, plan: plan, lists: lists, positions: positions, seed: seed,
            augmenter: StampAugmenter(augmentation, normalization, seed: seed, stamps: collection))
        var assignments = StampAssignments(collection)
        assign(to: &assignments)
        try assignments.carryOut(normalization, team: team) { _, stamp, _, isUsable in
            precondition(isUsable, "stamp \(stamp) cannot be normalised")
        }
    }

    deinit {
        epochs.deallocate()
        labels.deallocate()
        stampNumbers.deallocate()
        orders.deallocate()
        drawnNumbers.deallocate()
    }

    /// Has the stamps kept in this shard's memory.
    func assign(to assignments: inout StampAssignments) {
        let numbers = (0..<residentStamps).lazy.map { Int(self.stampNumbers[$0]) }
        if augmenter == nil {
            assignments.keep(numbers, at: stamps.pointer)
        } else {
            assignments.keepForAugmentation(numbers, at: stamps.pointer, spreads: spreads.pointer)
        }
    }

    /// Stamps held in memory.
    package var residentStamps: Int { starts[positions.count] }

    /// Shuffles one stratum for an epoch. Each lane does its own positions.
    package func beginEpoch(_ epoch: Int, position: Int) {
        epochs[position - positions.lowerBound] = epoch
        let order = orders + starts[position - positions.lowerBound]
        for (place, index) in plan.order(position: position, epoch: epoch, seed: seed).enumerated() {
            order[place] = UInt32(index)
        }
    }

    /// Copies the microbatch's stamps to `input`, augmented where that is asked for.
    /// - Returns: how many there are.
    package func draw(step: Int, position: Int, into input: UnsafeMutablePointer<Float>) -> Int {
        let local = position - positions.lowerBound
        let start = starts[local]
        let count = plan.microbatchSamples(step: step, position: position)
        let drawn = orders + start + plan.firstInStratum(step: step, position: position)
        let numbers = drawnNumbers + local * plan.largestMicrobatch
        for sample in 0..<count {
            let index = start + Int(drawn[sample])
            let (source, target) = (stamps.pointer + index * pixels, input + sample * pixels)
            numbers[sample] = stampNumbers[index]
            if let augmenter {
                augmenter.write(
                    kept: source, spread: spreads.pointer[index], number: Int(numbers[sample]), epoch: epochs[local],
                    into: target)
            } else {
                target.update(from: source, count: pixels)
            }
        }
        return count
    }

    /// The true class of a sample of the microbatch.
    package func label(step: Int, position: Int, sample: Int) -> Int {
        let start = starts[position - positions.lowerBound]
        return Int(labels[start + Int(orders[start + plan.firstInStratum(step: step, position: position) + sample])])
    }

    /// The numbers of the samples drawn last for a position.
    package func numbers(position: Int) -> UnsafePointer<UInt32> {
        UnsafePointer(drawnNumbers + (position - positions.lowerBound) * plan.largestMicrobatch)
    }
}

extension StampAugmenter {
    /// Nil when nothing is to be varied.
    init?(_ augmentation: Augmentation, _ normalization: Normalization, seed: UInt64, stamps: StampCollection) {
        guard augmentation != .none else { return nil }
        self.init(
            augmentation, normalization: normalization, seed: seed, height: stamps.height, width: stamps.width)
    }
}
