import Communication

/// The messages of the pipeline as the timeline shows them: lane 0's calls, and how long each bucket is under way.
extension GradientPipeline {
    /// Lane 0's timeline: it alone communicates.
    private var messages: LaneTimeline? { timeline?.lanes[0] }

    func startExchange(_ number: Int) throws {
        exchangeStarts[number] = messages?.isRecording == true ? Timeline.now() : nil
        try messages.measure(.exchange, exchangeBytes(number)) { try reduction.buckets[number].startExchange() }
    }

    func isExchanged(_ number: Int) throws -> Bool {
        guard try reduction.buckets[number].isExchanged() else { return false }
        noteArrival(&exchangeStarts[number], exchangeBytes(number))
        return true
    }

    func finishExchange(_ number: Int) throws {
        try messages.measure(.exchange, exchangeBytes(number)) { try reduction.buckets[number].finishExchange() }
        noteArrival(&exchangeStarts[number], exchangeBytes(number))
    }

    func startGather(_ number: Int) throws {
        gatherStarts[number] = messages?.isRecording == true ? Timeline.now() : nil
        try messages.measure(.gather, gatherBytes(number)) {
            try reduction.buckets[number].startGather(weights.trainable.pointer)
        }
    }

    func isGathered(_ number: Int) throws -> Bool {
        guard try reduction.buckets[number].isGathered() else { return false }
        noteArrival(&gatherStarts[number], gatherBytes(number))
        return true
    }

    func finishGather(_ number: Int) throws {
        try messages.measure(.gather, gatherBytes(number)) { try reduction.buckets[number].finishGather() }
        noteArrival(&gatherStarts[number], gatherBytes(number))
    }

    private func noteArrival(_ start: inout Int?, _ bytes: Int) {
        guard let began = start else { return }
        messages?.append(.flight, bytes, since: began)
        start = nil
    }

    /// Bytes that this rank sends.
    private func exchangeBytes(_ number: Int) -> Int {
        reduction.buckets[number].sentCount * MemoryLayout<Float>.stride
    }

    /// Bytes that this rank receives.
    private func gatherBytes(_ number: Int) -> Int {
        let bucket = reduction.buckets[number]
        return (bucket.range.count - bucket.slice.count) * MemoryLayout<Float>.stride
    }
}
