import Communication
import Lanes
import Models
import Optimizers
import Tensors

/// Takes gradients, bucket by bucket, from the lanes' buffers to new parameters on all ranks, while the backward pass
/// goes on through the segments before.
///
/// A bucket passes these stages, in the order of buckets:
///
///     filled → summed over lanes → exchanged → summed over ranks, level by level → updated → gathered, level by level
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
    /// For each bucket and so many levels that are behind it, each lane's part of the work.
    private let shares: [[[Range<Int>]]]
    /// Where the state of each bucket's slice starts.
    private let stateOffsets: [Int]

    let timeline: Timeline?
    /// When each bucket's messages began, stage by stage, while they are under way and recorded.
    var starts: [[Int?]]

    /// What happens to one bucket after the other.
    enum Stage: Equatable {
        /// Lanes add up what so many exchanges have brought; after the last one they update the parameters too.
        case work(after: Int)
        /// Messages of a level.
        case exchange(Int)
        case gather(Int)
    }

    /// In the order in which a bucket passes them.
    let stages: [Stage]
    /// How many of `stages` begin as soon as they can: all, unless an update needs norms over all gradients.
    private let eagerStages: Int
    // How many buckets have begun each stage, and how many are through. Lane 0 writes them, in meetings.
    private var begun: [Int]
    private var passed: [Int]
    /// Whether all parameters are new on this rank.
    private var isFinished = false
    /// Whether this rank has all its sums, where updates wait for them.
    private var isSummed = false
    /// What went wrong between meetings, where a lane cannot stop the others.
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
        let before = (0..<levels).flatMap { [Stage.work(after: $0), .exchange($0)] }
            .filter { $0 != .work(after: 0) || buckets[0].hasWork(after: 0) }
        stages = before + [.work(after: levels)] + (0..<levels).reversed().map { .gather($0) }
        eagerStages = rule.needsAllGradients ? before.count + 1 : stages.count
        begun = stages.map { _ in 0 }
        passed = begun
        starts = stages.map { _ in buckets.map { _ in nil } }
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
        for (number, stage) in stages.prefix(eagerStages).enumerated() {
            guard case .work(let level) = stage else { continue }
            for bucket in passed[number]..<begun[number] {
                let (values, share) = (reduction.buckets[bucket], shares[bucket][level][lane])
                if level < values.levels {
                    timeline.measure(.combineGradients) { values.combine(after: level, share) }
                } else {
                    timeline.measure(.update) { finish(bucket, share, step) }
                }
            }
        }
    }

    /// Lets what is under way make progress: the MPI library may have no thread of its own to do it. Lane 0.
    func progress() {
        do {
            for (number, stage) in stages.enumerated() where !stage.isWork {
                for bucket in passed[number]..<begun[number] where try !isComplete(stage, number, bucket) { return }
            }
        } catch {
            failure = error
        }
    }

    /// The last sum of a lane's part of a bucket, and the step that it makes.
    private func finish(_ bucket: Int, _ share: Range<Int>, _ step: Step) {
        let values = reduction.buckets[bucket]
        forEachBlock(of: share) { block in
            values.combine(after: values.levels, block)
            take(block, bucket: bucket, step)
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
        for (number, stage) in stages.enumerated() where stage.isWork { passed[number] = begun[number] }
        var available = segments.prefix { $0 >= segment }.count
        for (number, stage) in stages.prefix(eagerStages).enumerated() {
            if stage.isWork {
                begun[number] = available
            } else {
                while begun[number] < available {
                    try start(stage, number, begun[number])
                    begun[number] += 1
                }
                while passed[number] < begun[number], try isComplete(stage, number, passed[number]) {
                    passed[number] += 1
                }
            }
            available = passed[number]
        }
    }

    /// The same when nothing is left to sweep: waits rather than let lanes go without work.
    private func advanceWaiting() throws {
        try advance(swept: 0)
        while !hasWork {
            guard let number = stages.prefix(eagerStages).indices.first(where: { passed[$0] < begun[$0] }) else {
                isSummed = rule.needsAllGradients
                isFinished = !isSummed
                return
            }
            try finish(stages[number], number, passed[number])
            try advance(swept: 0)
        }
    }

    /// Whether lanes have something to do before the next meeting.
    private var hasWork: Bool { stages.indices.contains { stages[$0].isWork && passed[$0] < begun[$0] } }

    private func startOver() {
        for number in stages.indices { (begun[number], passed[number]) = (0, 0) }
        (isSummed, isFinished) = (false, false)
    }

    /// When a lane has swept the last segment: completes all buckets, together with the other lanes. Afterwards the
    /// parameters of this rank are new, unless the team has failed.
    func finish(lane: Int, team: LaneTeam, _ step: Step) {
        guard !isAlone else {
            team.synchronize(lane)
            let timeline = timeline?.lanes[lane]
            timeline.measure(.update) {
                for bucket in reduction.buckets.indices {
                    finish(bucket, shares[bucket][0][lane], step)
                }
            }
            if rule.needsAllGradients { return finishWithNorms(lane: lane, team: team, step) }
            return team.synchronize(lane)
        }
        repeat {
            team.synchronize(lane) { try advanceWaiting() }
            if team.hasFailed { return }
            work(lane: lane, step)
        } while !isFinished && !isSummed
        if rule.needsAllGradients { finishWithNorms(lane: lane, team: team, step) }
    }

    /// The updates that have waited for all gradients, and the gathering of their parameters.
    private func finishWithNorms(lane: Int, team: LaneTeam, _ step: Step) {
        team.synchronize(lane) { try rule.finishClipping() }
        if team.hasFailed { return }
        forEachPiece(lane: lane) { rule.direct($0, step) }
        if rule.needsTrust {
            team.synchronize(lane) { try rule.finishTrust() }
            if team.hasFailed { return }
            forEachPiece(lane: lane) { rule.apply($0, step) }
        }
        team.synchronize(lane) {
            guard !isAlone else { return }
            for (number, stage) in stages.enumerated().dropFirst(eagerStages) {
                for bucket in reduction.buckets.indices { try start(stage, number, bucket) }
                for bucket in reduction.buckets.indices { try finish(stage, number, bucket) }
            }
            isFinished = true
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

    /// Gives all ranks, whole, a remembered vector of which each holds its slices. Collective.
    func gather(state index: Int, into whole: FloatBuffer) throws {
        for (number, bucket) in reduction.buckets.enumerated() {
            (whole.pointer + bucket.slice.lowerBound).update(
                from: optimizerState[index].pointer + stateOffsets[number], count: bucket.slice.count)
            try bucket.gather(whole.pointer)
        }
    }
}

extension GradientPipeline.Stage {
    /// Whether it is lanes that carry it out, not messages.
    var isWork: Bool { if case .work = self { true } else { false } }
}
