import Communication
import Lanes

/// The messages of the pipeline as the timeline shows them: lane 0's calls, and how long each bucket is under way.
extension GradientPipeline {
    /// Lane 0's timeline: it alone communicates.
    private var messages: LaneTimeline? { timeline?.lanes[0] }

    /// Begins a stage of messages with a bucket.
    func start(_ stage: Stage, _ number: Int, _ bucket: Int) throws {
        starts[number][bucket] = messages?.isRecording == true ? Timeline.now() : nil
        try messages.measure(activity(stage), bytes(stage, bucket)) {
            switch stage {
            case .exchange(let level): try reduction.buckets[bucket].startExchange(level)
            case .gather(let level): try reduction.buckets[bucket].startGather(level, weights.trainable.pointer)
            case .work: preconditionFailure("lanes' work is no message")
            }
        }
    }

    /// Whether a bucket has passed a stage of messages.
    func isComplete(_ stage: Stage, _ number: Int, _ bucket: Int) throws -> Bool {
        let isThere =
            switch stage {
            case .exchange(let level): try reduction.buckets[bucket].isExchanged(level)
            case .gather(let level): try reduction.buckets[bucket].isGathered(level)
            case .work: preconditionFailure("lanes' work is no message")
            }
        if isThere { noteArrival(stage, number, bucket) }
        return isThere
    }

    /// Waits until a bucket has passed a stage of messages.
    func finish(_ stage: Stage, _ number: Int, _ bucket: Int) throws {
        try messages.measure(activity(stage), bytes(stage, bucket)) {
            switch stage {
            case .exchange(let level): try reduction.buckets[bucket].finishExchange(level)
            case .gather(let level): try reduction.buckets[bucket].finishGather(level)
            case .work: preconditionFailure("lanes' work is no message")
            }
        }
        noteArrival(stage, number, bucket)
    }

    private func noteArrival(_ stage: Stage, _ number: Int, _ bucket: Int) {
        guard let began = starts[number][bucket] else { return }
        messages?.append(.flight, bytes(stage, bucket), since: began)
        starts[number][bucket] = nil
    }

    private func activity(_ stage: Stage) -> Activity {
        if case .gather = stage { .gather } else { .exchange }
    }

    /// Bytes that this rank sends.
    private func bytes(_ stage: Stage, _ bucket: Int) -> Int {
        switch stage {
        case .exchange(let level): reduction.buckets[bucket].exchangeBytes(level)
        case .gather(let level): reduction.buckets[bucket].gatherBytes(level)
        case .work: 0
        }
    }
}
