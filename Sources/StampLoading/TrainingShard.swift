import Lanes
import StampData
import Tensors

/// The strata that a rank owns: their stamps (normalised, or as they are augmented from), labels and numbers, and the
/// order in which an epoch draws them. Stamps for which there is no room in memory are read ahead of each draw.
package final class TrainingShard: @unchecked Sendable {
    /// The microbatch positions of this rank.
    package let positions: Range<Int>
    /// Hands over the features of the stamps.
    private let reader: StampReader
    /// Floats of a stamp as the network sees it, as it is kept in memory, and of the spreads that go with it.
    private let values: Int
    private let keptValues: Int
    private let spreadValues: Int
    private let plan: BatchPlan
    private let order: DrawingOrder

    // All strata one behind the other. Plain memory: lanes write the orders of their own strata while others read
    // theirs, which elements of an array of arrays do not bear.

    /// The first stamp of each stratum, and their number.
    private let starts: [Int]
    private let memory: StampMemory
    /// The first stamp in memory of each stratum, and their number: of each stratum the first ones.
    private let residentStarts: [Int]
    private let source: ReadAhead.Source
    /// What reads the stamps that are not in memory, and which of them is each position's; none where there are none.
    private var readers: [ReadAhead] = []
    private var readerOfPosition: [Int] = []
    private let stamps: FloatBuffer
    /// What varies the stamps as they are drawn, and the spread of each channel's sky; nil and none without
    /// augmentation.
    private let augmenter: StampAugmenter?
    private let spreads: FloatBuffer
    private let labels: UnsafeMutablePointer<UInt16>
    /// How much each stamp counts in the loss; nil where all count 1.
    private let weights: UnsafeMutablePointer<Float>?
    /// The stamps' numbers in the collection: coordinates of their random numbers.
    private let stampNumbers: UnsafeMutablePointer<UInt32>
    /// The order of the epoch within each stratum.
    private let orders: UnsafeMutablePointer<UInt32>
    /// What tells each draw from others of its stamp in the epoch; nil where there are none.
    private let repetitions: UnsafeMutablePointer<UInt32>?
    /// How many stamps of each stratum are its own: those behind are in another stratum too, which has them looked at.
    private let ownCounts: [Int]
    /// The epoch of each position: a coordinate of augmentation.
    private let epochs: UnsafeMutablePointer<Int>
    /// Where each microbatch's sample numbers are put.
    private let drawnNumbers: UnsafeMutablePointer<UInt32>

    /// Makes room for the strata of `positions`; `assign(to:)` has them loaded.
    ///
    /// - Parameters:
    ///   - strata: those of the training set.
    ///   - weights: how much each stamp of the collection counts in the loss; nil where all count 1.
    ///   - augmenter: varies stamps as they are drawn; nil to draw them as they are.
    ///   - memory: how many stamps stay in it.
    init(
        reader: StampReader, strata: Strata, positions: Range<Int>, weights: [Float]? = nil,
        augmenter: StampAugmenter?, memory: StampMemory = .unlimited
    ) {
        self.memory = memory
        let (plan, lists) = (strata.plan, positions.map(strata.stamps))
        ownCounts = positions.map { strata.lists[$0].count }
        order = strata.order(of: positions)
        source = ReadAhead.Source(reader: reader, plan: plan, order: order, isAugmented: augmenter != nil)
        self.augmenter = augmenter
        self.positions = positions
        self.plan = plan
        self.reader = reader
        values = reader.valueCount
        (keptValues, spreadValues) = reader.keptCounts(isAugmented: augmenter != nil)
        var (starts, residentStarts) = ([0], [0])
        for list in lists {
            starts.append(starts.last! + list.count)
            residentStarts.append(residentStarts.last! + memory.resident(of: list.count))
        }
        self.starts = starts
        self.residentStarts = residentStarts
        let (count, resident) = (starts.last!, residentStarts.last!)
        stamps = FloatBuffer(count: resident * keptValues)
        spreads = FloatBuffer(count: resident * spreadValues)
        epochs = .allocate(capacity: max(positions.count, 1))
        epochs.initialize(repeating: 0, count: max(positions.count, 1))
        labels = .allocate(capacity: max(count, 1))
        self.weights = weights.map { _ in .allocate(capacity: max(count, 1)) }
        stampNumbers = .allocate(capacity: max(count, 1))
        orders = .allocate(capacity: max(count, 1))
        repetitions =
            order.repeatsSamples && augmenter != nil ? .allocate(capacity: max(count, 1)) : nil
        drawnNumbers = .allocate(capacity: max(positions.count * plan.largestMicrobatch, 1))
        for (start, list) in zip(starts, lists) {
            for (index, stamp) in list.enumerated() {
                (labels + start + index).initialize(to: UInt16(reader.collection.label(stamp)))
                if let weights { (self.weights! + start + index).initialize(to: weights[stamp]) }
                (stampNumbers + start + index).initialize(to: UInt32(stamp))
                (orders + start + index).initialize(to: UInt32(index))
            }
        }
    }

    /// Loads and normalises the strata of `positions`, all of whose stamps must be usable.
    ///
    /// - Parameters:
    ///   - strata: those of the training set.
    ///   - memory: how many stamps stay in it.
    package convenience init(
        reader: StampReader, strata: Strata, positions: Range<Int>, seed: UInt64 = 0,
        augmentation: Augmentation = .none, memory: StampMemory = .unlimited, team: LaneTeam
    ) throws {
        self.init(
            reader: reader, strata: strata, positions: positions,
            augmenter: StampAugmenter(unlessNone: augmentation, reader, seed: seed), memory: memory)
        var assignments = StampAssignments(reader)
        assign(to: &assignments)
        try assignments.carryOut(team: team) { _, stamp, isUsable in
            precondition(isUsable, "stamp \(stamp.number) cannot be normalised")
        }
    }

    deinit {
        for reader in readers { reader.finish() }
        epochs.deallocate()
        labels.deallocate()
        weights?.deallocate()
        repetitions?.deallocate()
        stampNumbers.deallocate()
        orders.deallocate()
        drawnNumbers.deallocate()
    }

    /// Has the stamps that stay kept in this shard's memory, and the others looked at.
    func assign(to assignments: inout StampAssignments) {
        var (resident, others): ([StampAssignments.Kept], [Int]) = ([], [])
        resident.reserveCapacity(residentStamps)
        for local in 0..<positions.count {
            for stamp in starts[local]..<starts[local + 1] {
                let (number, place) = (Int(stampNumbers[stamp]), stamp - starts[local])
                let isOwn = place < ownCounts[local]
                if place < residentCount(local) {
                    resident.append(StampAssignments.Kept(stamp: number, isLookedAt: isOwn))
                } else if isOwn {
                    others.append(number)
                }
            }
        }
        assignments.keep(resident, at: stamps.view, spreads: augmenter == nil ? nil : spreads.view)
        assignments.look(at: others)
    }

    private func residentCount(_ local: Int) -> Int { residentStarts[local + 1] - residentStarts[local] }

    /// Stamps held in memory.
    package var residentStamps: Int { residentStarts[positions.count] }

    /// Bytes of memory that stamps take, those that are read ahead included.
    package var stampBytes: Int {
        (stamps.count + spreads.count) * MemoryLayout<Float>.stride + readers.reduce(0) { $0 + $1.stampBytes }
    }

    /// Whether some stamps are read as they are drawn.
    package var isStreamed: Bool { residentStamps < starts[positions.count] }
    /// The share of the stamps that stays in memory.
    package var residentShare: Double { memory.residentShare }

    /// Makes room for what lanes read ahead, where stamps do not stay in memory. Before the first epoch.
    ///
    /// - Parameter runs: each lane's positions.
    /// - Throws: `Fault(.noResources)` when the system refuses the threads that read.
    package func prepareReading(by runs: [Range<Int>]) throws {
        guard isStreamed else { return }
        precondition(memory.depth > 0, "there is no room to read ahead")
        readers = []
        readerOfPosition = Array(repeating: 0, count: positions.count)
        for run in runs where !run.isEmpty {
            let locals = run.lowerBound - positions.lowerBound..<run.upperBound - positions.lowerBound
            for local in locals { readerOfPosition[local] = readers.count }
            let first = starts[locals.lowerBound]
            readers.append(
                try ReadAhead(
                    source,
                    ReadAhead.Strata(
                        positions: run, starts: starts[locals].map { $0 - first }, resident: locals.map(residentCount),
                        numbers: UnsafePointer(stampNumbers + first)), depth: memory.depth))
        }
    }

    /// Lets a lane's draws begin with a step of an epoch.
    ///
    /// - Parameter run: the lane's positions.
    package func beginReading(_ run: Range<Int>, step: Int, epoch: Int) {
        guard !readers.isEmpty, !run.isEmpty else { return }
        readers[readerOfPosition[run.lowerBound - positions.lowerBound]].proceed(to: step, ofEpoch: epoch)
    }

    /// Shuffles one stratum for an epoch. Each lane does its own positions.
    package func beginEpoch(_ epoch: Int, position: Int) {
        epochs[position - positions.lowerBound] = epoch
        let start = starts[position - positions.lowerBound]
        let drawn = order.order(position: position, epoch: epoch)
        for (place, index) in drawn.enumerated() { orders[start + place] = UInt32(index) }
        guard let repetitions else { return }
        for (place, repetition) in order.repetitions(position: position, of: drawn).enumerated() {
            repetitions[start + place] = repetition
        }
    }

    /// Copies the microbatch's samples to `input`, one behind the other: each a stamp, augmented where that is asked
    /// for, and its features. Where stamps are read ahead, each
    /// lane has to draw from its positions in their order, step after step.
    ///
    /// - Returns: how many there are.
    /// - Throws: `Fault` when a file cannot be read any more.
    package func draw(step: Int, position: Int, into input: UnsafeMutablePointer<Float>) throws -> Int {
        let local = position - positions.lowerBound
        guard !readers.isEmpty else { return copy(step, position, read: nil, to: input) }
        let draw = ReadAhead.Draw(epoch: epochs[local], step: step, position: position)
        var count = 0
        try readers[readerOfPosition[local]].take(draw) { stamps, spreads in
            count = copy(step, position, read: (stamps, spreads), to: input)
        }
        return count
    }

    /// - Parameter read: the stamps that are not in memory, sample by sample, and their spreads.
    private func copy(
        _ step: Int, _ position: Int, read: (stamps: UnsafePointer<Float>, spreads: UnsafePointer<Float>)?,
        to input: UnsafeMutablePointer<Float>
    ) -> Int {
        let local = position - positions.lowerBound
        let (start, residentStart, resident) = (starts[local], residentStarts[local], residentCount(local))
        let count = plan.microbatchSamples(step: step, position: position)
        let first = start + plan.firstInStratum(step: step, position: position)
        let drawn = orders + first
        let numbers = drawnNumbers + local * plan.largestMicrobatch
        for sample in 0..<count {
            let index = Int(drawn[sample])
            let source: UnsafePointer<Float>
            let spreadsOfStamp: UnsafePointer<Float>
            if index < resident {
                source = UnsafePointer(stamps.pointer + (residentStart + index) * keptValues)
                spreadsOfStamp = UnsafePointer(spreads.pointer + (residentStart + index) * spreadValues)
            } else {
                source = read!.stamps + sample * keptValues
                spreadsOfStamp = read!.spreads + sample * spreadValues
            }
            let target = input + sample * reader.sampleValues
            numbers[sample] = stampNumbers[start + index]
            if let augmenter {
                augmenter.write(
                    kept: source, spreads: spreadsOfStamp, number: Int(numbers[sample]), epoch: epochs[local],
                    repetition: repetitions.map { Int($0[first + sample]) } ?? 0, into: target)
            } else {
                target.update(from: source, count: values)
            }
            reader.copyFeatures(of: Int(numbers[sample]), toSample: target)
        }
        return count
    }

    /// The true class of a sample of the microbatch.
    package func label(step: Int, position: Int, sample: Int) -> Int {
        let start = starts[position - positions.lowerBound]
        return Int(labels[start + Int(orders[start + plan.firstInStratum(step: step, position: position) + sample])])
    }

    /// How much a sample of the microbatch counts in the loss.
    package func weight(step: Int, position: Int, sample: Int) -> Float {
        guard let weights else { return 1 }
        let start = starts[position - positions.lowerBound]
        return weights[start + Int(orders[start + plan.firstInStratum(step: step, position: position) + sample])]
    }

    /// The numbers of the samples drawn last for a position.
    package func numbers(position: Int) -> UnsafePointer<UInt32> {
        UnsafePointer(drawnNumbers + (position - positions.lowerBound) * plan.largestMicrobatch)
    }
}

extension StampAugmenter {
    /// Nil when nothing is to be varied.
    init?(unlessNone augmentation: Augmentation, _ reader: StampReader, seed: UInt64) {
        guard augmentation != .none else { return nil }
        self.init(augmentation, reader, seed: seed)
    }
}

extension StampReader {
    /// Floats of a training stamp in memory, and of the spreads that go with it: as the network sees it, or as it is
    /// augmented from.
    func keptCounts(isAugmented: Bool) -> (values: Int, spreads: Int) {
        isAugmented ? (keptCount, spreadCount) : (valueCount, 0)
    }
}
