import Communication
import Lanes
import Models
import Optimizers
import Tensors

/// Takes gradients, bucket by bucket, from the lanes' buffers to new parameters on all ranks, while the backward pass
/// continues through the earlier segments.
///
/// Every bucket is in one `BucketState`. Lanes work on buckets between barriers (`work`); at each barrier lane 0, the
/// one that communicates, advances buckets (`advance`): it checks what lanes have completed, starts the messages that
/// have become possible and tests what has arrived. So the exchange of a bucket overlaps the backward passes that
/// follow it, and so do its update and the all-gather of its parameters, which no later backward pass reads.
/// `completeStep` does the rest when the last segment has been differentiated.
///
/// A bucket never overtakes the one before it, so that all ranks start the messages of a level in the same order. Ranks
/// need not be in the same state: each bucket's value is a sum in the order of the tree, whenever it is computed.
final class GradientPipeline: @unchecked Sendable {
    /// Parameters that a lane sums and updates at a time, so that the sum is still in cache for the optimizer: 64 KiB.
    private static let blockLength = 1 << 14

    /// The optimizer's state of this rank's slices, bucket after bucket, vector by vector.
    var optimizerState: [FloatBuffer] { rule.state }
    /// The slices of each rank, bucket after bucket.
    let slices: [[Range<Int>]]

    let reduction: GradientReduction
    let weights: Weights
    let rule: ParameterUpdate
    let timeline: Timeline?
    /// When each bucket's messages began, while they are under way and recorded.
    var messageStarts: [Int?]

    /// Whether there is only one process, which sends nothing.
    private let isAlone: Bool
    /// The segment whose backward pass completes each bucket.
    private let segments: [Int]
    /// For each bucket and number of completed levels, each lane's part of the work.
    private let shares: [[[Range<Int>]]]
    /// Where the optimizer's state of each bucket's slice starts.
    private let stateOffsets: [Int]

    /// The states that every bucket passes through, from the first to the last.
    private let states: [BucketState]
    /// The state of each bucket, as an index of `states`. Lane 0 writes it at barriers, all lanes read it between them.
    private var positions: [Int]
    /// Which buckets lanes have worked on since they entered their state. Used by lane 0.
    private var isWorkDone: [Bool]
    /// What went wrong between barriers, where a lane cannot stop the others.
    private var failure: (any Error)?

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
        let levels = buckets[0].levels
        slices = (0..<group.size).map { rank in buckets.map { $0.slices[rank] } }
        shares = buckets.map { bucket in
            (0...levels).map { level in
                bucket.range(after: level).balancedRuns(over: lanes, multipleOf: GradientReduction.sliceUnit)
            }
        }
        states = BucketState.sequence(
            levels: levels, combinesLanes: buckets[0].hasWork(after: 0), needsAllGradients: rule.needsAllGradients)
        positions = buckets.map { _ in 0 }
        isWorkDone = buckets.map { _ in false }
        messageStarts = buckets.map { _ in nil }
        stateOffsets = buckets.indices.map { buckets[..<$0].reduce(0) { $0 + $1.slice.count } }
        rule.makeState(count: buckets.reduce(0) { $0 + $1.slice.count })
    }

    private func state(_ bucket: Int) -> BucketState { states[positions[bucket]] }

    // MARK: Between barriers

    /// One lane's part of the work that buckets wait for.
    func work(lane: Int, _ step: ParameterUpdate.Step) {
        let timeline = timeline?.lanes[lane]
        for (bucket, values) in reduction.buckets.enumerated() {
            switch state(bucket) {
            case .combining(let level):
                timeline.measure(.combineGradients) { values.combine(after: level, shares[bucket][level][lane]) }
            case .updating:
                timeline.measure(.update) { sumAndUpdate(bucket, shares[bucket][values.levels][lane], step) }
            case .filling, .exchanging, .summed, .gathering, .complete: break
            }
        }
    }

    /// Lets messages under way make progress: the MPI library may have no thread of its own to do it. Called on lane 0.
    func progress() {
        do {
            for bucket in positions.indices where state(bucket).isMessage {
                guard try hasArrived(state(bucket), bucket) else { return }
            }
        } catch {
            failure = error
        }
    }

    /// The last sum of a lane's part of a bucket and the optimizer's step, block by block.
    private func sumAndUpdate(_ bucket: Int, _ share: Range<Int>, _ step: ParameterUpdate.Step) {
        let values = reduction.buckets[bucket]
        forEachBlock(of: share) { block in
            values.combine(after: values.levels, block)
            let piece = piece(block, bucket: bucket)
            rule.penalize(piece)
            if rule.needsAllGradients { rule.addGradientNorm(piece) } else { rule.step(piece, step) }
        }
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

    // MARK: At barriers

    /// Lane 0, when all lanes have differentiated the segments from the last down to `segment` and done their work:
    /// advances every bucket as far as it can go.
    func advance(backwardDownTo segment: Int) throws {
        guard !isAlone else { return }
        if let failure { throw failure }
        if isComplete { startOver() }
        for bucket in positions.indices where state(bucket).isWork { isWorkDone[bucket] = true }
        for bucket in positions.indices {
            while bucket == 0 || positions[bucket] < positions[bucket - 1],
                try canLeave(state(bucket), bucket, backwardDownTo: segment)
            {
                try enterNextState(bucket)
            }
        }
    }

    private func canLeave(_ state: BucketState, _ bucket: Int, backwardDownTo segment: Int) throws -> Bool {
        switch state {
        case .filling: segments[bucket] >= segment
        case .combining, .updating: isWorkDone[bucket]
        case .exchanging, .gathering: try hasArrived(state, bucket)
        case .summed, .complete: false
        }
    }

    private func enterNextState(_ bucket: Int) throws {
        positions[bucket] += 1
        isWorkDone[bucket] = false
        if state(bucket).isMessage { try startMessages(state(bucket), bucket) }
    }

    /// The same when nothing is left to differentiate: waits for messages rather than leave lanes idle.
    private func advanceWaiting() throws {
        try advance(backwardDownTo: 0)
        while !positions.indices.contains(where: { state($0).isWork }) {
            // The bucket that is furthest behind keeps lanes waiting longest.
            let underWay = positions.indices.filter { state($0).isMessage }
            guard let bucket = underWay.min(by: { positions[$0] < positions[$1] }) else { return }
            try waitForMessages(state(bucket), bucket)
            try advance(backwardDownTo: 0)
        }
    }

    /// Whether all parameters of this rank have been updated.
    private var isComplete: Bool { positions.indices.allSatisfy { state($0) == .complete } }
    /// Whether this rank has all its sums, and updates wait for norms over them.
    private var isSummed: Bool { positions.indices.allSatisfy { state($0) == .summed } }

    private func startOver() {
        for bucket in positions.indices { positions[bucket] = 0 }
    }

    // MARK: The end of a step

    /// Completes all buckets, together with the other lanes, after a lane has differentiated the last segment.
    /// Afterwards all parameters of this rank have been updated, unless the team has failed.
    func completeStep(lane: Int, team: LaneTeam, _ step: ParameterUpdate.Step) {
        if isAlone {
            updateAlone(lane: lane, team: team, step)
        } else {
            repeat {
                team.synchronize(lane) { try advanceWaiting() }
                if team.hasFailed { return }
                work(lane: lane, step)
            } while !isComplete && !isSummed
        }
        if rule.needsAllGradients { updateWithNorms(lane: lane, team: team, step) }
    }

    /// In a single process lanes sum and update what they have filled, without intermediate states.
    private func updateAlone(lane: Int, team: LaneTeam, _ step: ParameterUpdate.Step) {
        team.synchronize(lane)
        let timeline = timeline?.lanes[lane]
        timeline.measure(.update) {
            for bucket in reduction.buckets.indices { sumAndUpdate(bucket, shares[bucket][0][lane], step) }
        }
        if !rule.needsAllGradients { team.synchronize(lane) }
    }

    /// The updates that have waited for all gradients, and the all-gather of their parameters.
    private func updateWithNorms(lane: Int, team: LaneTeam, _ step: ParameterUpdate.Step) {
        team.synchronize(lane) { try rule.clip() }
        if team.hasFailed { return }
        forEachPiece(lane: lane) { rule.computeDirection($0, step) }
        if rule.needsTrustRatios {
            team.synchronize(lane) { try rule.computeTrustRatios() }
            if team.hasFailed { return }
            forEachPiece(lane: lane) { rule.apply($0, step) }
        }
        team.synchronize(lane) { if !isAlone { try gatherAll() } }
    }

    /// Takes all buckets from their sums to the end, level by level.
    private func gatherAll() throws {
        while !isComplete {
            for bucket in positions.indices { try enterNextState(bucket) }
            for bucket in positions.indices where state(bucket).isMessage {
                try waitForMessages(state(bucket), bucket)
            }
        }
    }

    /// A lane's share of all buckets, in blocks.
    private func forEachPiece(lane: Int, _ body: (ParameterUpdate.Piece) -> Void) {
        let timeline = timeline?.lanes[lane]
        timeline.measure(.update) {
            for bucket in reduction.buckets.indices {
                forEachBlock(of: shares[bucket].last![lane]) { body(piece($0, bucket: bucket)) }
            }
        }
    }

    // MARK: Between steps

    /// All-gathers a state vector of which each rank holds its slices. Collective.
    func gather(state index: Int, into whole: FloatBuffer) throws {
        for (number, bucket) in reduction.buckets.enumerated() {
            (whole.pointer + bucket.slice.lowerBound).update(
                from: optimizerState[index].pointer + stateOffsets[number], count: bucket.slice.count)
            try bucket.gather(whole.pointer)
        }
    }
}
