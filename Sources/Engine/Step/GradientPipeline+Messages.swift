import Communication
import Lanes

/// The messages of the pipeline as the timeline shows them: lane 0's calls, and how long each bucket is under way.
extension GradientPipeline {
    /// Lane 0's timeline: it alone communicates.
    private var messages: LaneTimeline? { timeline?.lanes[0] }

    /// Begins the messages of a bucket that has entered `state`.
    func startMessages(_ state: BucketState, _ number: Int) throws {
        messageStarts[number] = messages?.isRecording == true ? Timeline.now() : nil
        let bucket = reduction.buckets[number]
        try messages.measure(activity(state), bytes(state, bucket)) {
            switch state {
            case .exchanging(let level): try bucket.startExchange(level)
            case .gathering(let level): try bucket.startGather(level, weights.trainable.pointer)
            default: preconditionFailure("\(state) has no messages")
            }
        }
    }

    /// Whether a bucket's messages have arrived. Testing lets them make progress.
    func hasArrived(_ state: BucketState, _ number: Int) throws -> Bool {
        let bucket = reduction.buckets[number]
        let hasArrived =
            switch state {
            case .exchanging(let level): try bucket.isExchanged(level)
            case .gathering(let level): try bucket.isGathered(level)
            default: preconditionFailure("\(state) has no messages")
            }
        if hasArrived { recordFlight(state, number) }
        return hasArrived
    }

    /// Waits until a bucket's messages have arrived.
    func waitForMessages(_ state: BucketState, _ number: Int) throws {
        let bucket = reduction.buckets[number]
        try messages.measure(activity(state), bytes(state, bucket)) {
            switch state {
            case .exchanging(let level): try bucket.finishExchange(level)
            case .gathering(let level): try bucket.finishGather(level)
            default: preconditionFailure("\(state) has no messages")
            }
        }
        recordFlight(state, number)
    }

    private func recordFlight(_ state: BucketState, _ number: Int) {
        guard let start = messageStarts[number] else { return }
        messages?.append(.flight, bytes(state, reduction.buckets[number]), since: start)
        messageStarts[number] = nil
    }

    private func activity(_ state: BucketState) -> Activity {
        if case .gathering = state { .gather } else { .exchange }
    }

    /// Bytes that this rank sends.
    private func bytes(_ state: BucketState, _ bucket: GradientBucket) -> Int {
        switch state {
        case .exchanging(let level): bucket.exchangeBytes(level)
        case .gathering(let level): bucket.gatherBytes(level)
        default: 0
        }
    }
}
