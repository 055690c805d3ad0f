import Communication
import Models
import Optimizers
import Tensors

/// Takes gradients, bucket by bucket, from the lanes' buffers to new parameters on all ranks, while the backward pass
/// goes on through the segments before.
///
/// A bucket passes these stages, in the order of buckets:
///
///     filled → summed over lanes → exchanged → summed over ranks and updated → gathered
///
/// Lanes work on buckets between meetings (`work`); at each meeting lane 0, the one that communicates, sees what
/// that has completed, starts what has become possible and looks at what has arrived (`advance`). So the exchange of a
/// bucket takes place behind the sweeps that follow it, and so do its update and the all-gather of its parameters, which no
/// later sweep reads. What is left when the last segment has been swept, `finish` completes.
///
/// Ranks need not be at the same stage: each bucket's value is a sum in the order of the tree, whenever it is made.
final class GradientPipeline: @unchecked Sendable {
    /// Parameters that a lane sums and updates at a time, so that the sum is still in cache for the optimizer: 64 KiB.
    private static let blockLength = 1 << 14

    /// What the optimizer remembers of this rank's slices, bucket after bucket, vector by vector.
    let optimizerState: [FloatBuffer]
    /// The slices of each rank, bucket after bucket.
    let slices: [[Range<Int>]]

    let reduction: GradientReduction
    /// The segment whose sweep fills each bucket.
    private let segments: [Int]
    let weights: Weights
    private let optimizer: Optimizer
    private let isAlone: Bool
    private let shares: [[Share]]
    /// Where the state of each bucket's slice starts.
    private let stateOffsets: [Int]

    let timeline: Timeline?
    /// When each bucket's exchange and gathering began, while they are under way and recorded.
    var exchangeStarts: [Int?]
    var gatherStarts: [Int?]

    /// What one lane does for one bucket.
    private struct Share {
        let sum: Range<Int>
        let update: Range<Int>
    }

    // How many buckets have passed each stage. Lane 0 writes them, in meetings.
    private var summed = 0
    private var started = 0
    private var arrived = 0
    private var updated = 0
    private var gathering = 0
    /// Whether all parameters are new on this rank.
    private var isFinished = false
    /// What went wrong between meetings, where a lane cannot stop the others.
    private var failure: (any Error)?
    // How many will have been summed over lanes and updated when all lanes have done their present work.
    private var summing = 0
    private var updating = 0

    init(
        reduction: GradientReduction, segments: [Int], weights: Weights, optimizer: Optimizer, lanes: Int,
        group: any ProcessGroup, timeline: Timeline?
    ) {
        self.timeline = timeline
        self.reduction = reduction
        self.segments = segments
        self.weights = weights
        self.optimizer = optimizer
        isAlone = group.size == 1
        let buckets = reduction.buckets
        slices = (0..<group.size).map { rank in buckets.map { $0.slices[rank] } }
        shares = buckets.map { bucket in
            let sums = bucket.range.balancedRuns(over: lanes, multipleOf: GradientReduction.sliceUnit)
            let updates = bucket.slice.balancedRuns(over: lanes, multipleOf: GradientReduction.sliceUnit)
            return zip(sums, updates).map { Share(sum: $0, update: $1) }
        }
        exchangeStarts = buckets.map { _ in nil }
        gatherStarts = exchangeStarts
        stateOffsets = buckets.indices.map { buckets[..<$0].reduce(0) { $0 + $1.slice.count } }
        let stateCount = buckets.reduce(0) { $0 + $1.slice.count }
        optimizerState = optimizer.stateNames.map { _ in FloatBuffer(count: stateCount) }
    }

    /// How the optimizer takes one step.
    struct Step {
        let learningRate: Float
        /// Counted from 1.
        let number: Int
    }

    // MARK: Between meetings

    /// One lane's part of what the last meeting has made possible.
    func work(lane: Int, _ step: Step) {
        let timeline = timeline?.lanes[lane]
        for bucket in summed..<summing {
            timeline.measure(.combineGradients) { reduction.combineLanes(shares[bucket][lane].sum) }
        }
        for bucket in updated..<updating {
            timeline.measure(.update) {
                forEachBlock(of: shares[bucket][lane].update) { block in
                    reduction.buckets[bucket].combineRanks(block)
                    update(block, bucket: bucket, step)
                }
            }
        }
    }

    /// Lets what is under way make progress: the MPI library may have no thread of its own to do it. Lane 0.
    func progress() {
        do {
            for bucket in arrived..<started where try !isExchanged(bucket) { return }
            for bucket in 0..<gathering where try !isGathered(bucket) { return }
        } catch {
            failure = error
        }
    }

    private func update(_ range: Range<Int>, bucket number: Int, _ step: Step) {
        let bucket = reduction.buckets[number]
        let offset = range.lowerBound - bucket.slice.lowerBound
        optimizer.update(
            weights.trainable.pointer + range.lowerBound, gradient: bucket.total + offset,
            state: { optimizerState[$0].pointer + stateOffsets[number] + offset }, count: range.count,
            learningRate: step.learningRate, step: step.number)
    }

    private func forEachBlock(of range: Range<Int>, _ body: (Range<Int>) -> Void) {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.blockLength) {
            body(start..<min(start + Self.blockLength, range.upperBound))
        }
    }

    // MARK: At meetings

    /// Lane 0, when all lanes have swept `segment` backward and done their work: starts what can start and decides what
    /// lanes work on next.
    func advance(swept segment: Int) throws {
        guard !isAlone else { return }
        if let failure { throw failure }
        if isFinished { startOver() }
        let filled = segments.prefix { $0 >= segment }.count
        summed = reduction.hasLaneSums ? summing : filled
        summing = filled
        updated = updating
        while started < summed {
            try startExchange(started)
            started += 1
        }
        while gathering < updated {
            try startGather(gathering)
            gathering += 1
        }
        while arrived < started, try isExchanged(arrived) { arrived += 1 }
        updating = arrived
    }

    /// The same when nothing is left to sweep: waits rather than let lanes go without work.
    private func advanceWaiting() throws {
        try advance(swept: 0)
        guard summed == summing, updated == updating else { return }
        if arrived < started {
            try finishExchange(arrived)
            arrived += 1
            while arrived < started, try isExchanged(arrived) { arrived += 1 }
            updating = arrived
        } else {
            for bucket in reduction.buckets.indices { try finishGather(bucket) }
            isFinished = true
        }
    }

    private func startOver() {
        (summed, started, arrived, updated, gathering) = (0, 0, 0, 0, 0)
        (summing, updating) = (0, 0)
        isFinished = false
    }

    /// When a lane has swept the last segment: completes all buckets, together with the other lanes. Afterwards the
    /// parameters of this rank are new, unless the team has failed.
    func finish(lane: Int, team: LaneTeam, _ step: Step) {
        guard !isAlone else {
            team.meet(lane)
            let timeline = timeline?.lanes[lane]
            timeline.measure(.update) {
                for bucket in reduction.buckets.indices {
                    forEachBlock(of: shares[bucket][lane].update) { block in
                        reduction.combineLanes(block)
                        update(block, bucket: bucket, step)
                    }
                }
            }
            return team.meet(lane)
        }
        repeat {
            team.meet(lane) { try advanceWaiting() }
            if team.hasFailed { return }
            work(lane: lane, step)
        } while !isFinished
    }
}
