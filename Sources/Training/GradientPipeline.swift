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
///
/// Where a step needs norms over all gradients (`ParameterUpdate.needsAllGradients`), buckets are only summed as they
/// arrive; their updates and gatherings wait until the last of them has.
final class GradientPipeline: @unchecked Sendable {
    /// Parameters that a lane sums and updates at a time, so that the sum is still in cache for the optimizer: 64 KiB.
    private static let blockLength = 1 << 14

    /// What the optimizer remembers of this rank's slices, bucket after bucket, vector by vector.
    var optimizerState: [FloatBuffer] { rule.state }
    /// The slices of each rank, bucket after bucket.
    let slices: [[Range<Int>]]

    let reduction: GradientReduction
    /// The segment whose sweep fills each bucket.
    private let segments: [Int]
    let weights: Weights
    private let rule: ParameterUpdate
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
    /// Whether this rank has all its sums, where updates wait for them.
    private var isSummed = false
    /// What went wrong between meetings, where a lane cannot stop the others.
    private var failure: (any Error)?
    // How many will have been summed over lanes and updated when all lanes have done their present work.
    private var summing = 0
    private var updating = 0

    init(
        reduction: GradientReduction, segments: [Int], weights: Weights, rule: ParameterUpdate, lanes: Int,
        group: any ProcessGroup, timeline: Timeline?
    ) {
        self.timeline = timeline
        self.reduction = reduction
        self.segments = segments
        self.weights = weights
        self.rule = rule
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
        rule.makeState(count: buckets.reduce(0) { $0 + $1.slice.count })
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
                    take(block, bucket: bucket, step)
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

    /// The step of a part whose gradient is complete, or as much of it as can be done yet.
    private func take(_ range: Range<Int>, bucket: Int, _ step: Step) {
        let piece = piece(range, bucket: bucket)
        if rule.needsAllGradients { rule.note(piece) } else { rule.step(piece, step) }
    }

    private func piece(_ range: Range<Int>, bucket number: Int) -> ParameterUpdate.Piece {
        let bucket = reduction.buckets[number]
        let offset = range.lowerBound - bucket.slice.lowerBound
        return ParameterUpdate.Piece(
            range: range, gradient: bucket.total + offset, stateOffset: stateOffsets[number] + offset)
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
        while !rule.needsAllGradients, gathering < updated {
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
        } else if rule.needsAllGradients {
            isSummed = true
        } else {
            for bucket in reduction.buckets.indices { try finishGather(bucket) }
            isFinished = true
        }
    }

    private func startOver() {
        (summed, started, arrived, updated, gathering) = (0, 0, 0, 0, 0)
        (summing, updating) = (0, 0)
        (isSummed, isFinished) = (false, false)
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
                        take(block, bucket: bucket, step)
                    }
                }
            }
            if rule.needsAllGradients { return finishWithNorms(lane: lane, team: team, step) }
            return team.meet(lane)
        }
        repeat {
            team.meet(lane) { try advanceWaiting() }
            if team.hasFailed { return }
            work(lane: lane, step)
        } while !isFinished && !isSummed
        if rule.needsAllGradients { finishWithNorms(lane: lane, team: team, step) }
    }

    /// The updates that have waited for all gradients, and the gathering of their parameters.
    private func finishWithNorms(lane: Int, team: LaneTeam, _ step: Step) {
        team.meet(lane) { try rule.finishClipping() }
        if team.hasFailed { return }
        forEachPiece(lane: lane) { rule.direct($0, step) }
        if rule.needsTrust {
            team.meet(lane) { try rule.finishTrust() }
            if team.hasFailed { return }
            forEachPiece(lane: lane) { rule.apply($0, step) }
        }
        team.meet(lane) {
            guard !isAlone else { return }
            for bucket in reduction.buckets.indices { try startGather(bucket) }
            for bucket in reduction.buckets.indices { try finishGather(bucket) }
            isFinished = true
        }
    }

    /// A lane's share of all buckets, in blocks.
    private func forEachPiece(lane: Int, _ body: (ParameterUpdate.Piece) -> Void) {
        let timeline = timeline?.lanes[lane]
        timeline.measure(.update) {
            for bucket in reduction.buckets.indices {
                forEachBlock(of: shares[bucket][lane].update) { body(piece($0, bucket: bucket)) }
            }
        }
    }

    // MARK: Between steps

    /// Gives all ranks, whole, a remembered vector of which each holds its slices. Collective.
    func gather(state index: Int, into whole: FloatBuffer) throws {
        for (number, bucket) in reduction.buckets.enumerated() {
            (whole.pointer + bucket.slice.lowerBound).update(
                from: optimizerState[index].pointer + stateOffsets[number], count: bucket.slice.count)
            guard !isAlone else { continue }
            try bucket.startGather(whole.pointer)
            try bucket.finishGather()
        }
    }
}
