import Glibc

/// What the lanes of a process did when, for chosen training steps.
///
/// Each lane writes its own events into memory that was reserved before, without locks or allocations. If nothing is
/// recorded there is no timeline at all (`nil`), and that is all that a lane checks.
package final class Timeline: Sendable {
    package let lanes: [LaneTimeline]

    /// Reserves room for `capacity` events of each of `lanes` lanes.
    package init(lanes: Int, capacity: Int) {
        self.lanes = (0..<lanes).map { _ in LaneTimeline(capacity: capacity) }
    }

    /// Forgets all events and records the steps with these numbers in the run. No step may be under way.
    package func record(steps: Range<Int>) {
        for lane in lanes { lane.record(steps: steps) }
    }

    /// Nanoseconds of a monotonic clock that all processes of a machine share.
    package static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
    }
}

/// The events of one lane. Only that lane may call what changes them.
package final class LaneTimeline: @unchecked Sendable {
    /// One thing that the lane did.
    package struct Event: Sendable {
        package let activity: Activity
        /// As documented at `Activity`: a node, a step or bytes.
        package let detail: Int
        /// `Timeline.now()`.
        package let start: Int
        package let end: Int

        package init(activity: Activity, detail: Int, start: Int, end: Int) {
            self.activity = activity
            self.detail = detail
            self.start = start
            self.end = end
        }
    }

    /// What changes with each event, on cache lines of its own: the lanes' objects may lie side by side.
    private struct State {
        var count = 0
        var dropped = 0
        var steps = 0..<0
        var isRecording = false
        var stepStart = 0
    }

    private let capacity: Int
    private let storage: UnsafeMutablePointer<Event>
    private let state: UnsafeMutablePointer<State>

    fileprivate init(capacity: Int) {
        self.capacity = capacity
        storage = .allocate(capacity: capacity)
        state = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 128).bindMemory(to: State.self, capacity: 1)
        state.initialize(to: State())
    }

    deinit {
        storage.deallocate()
        state.deallocate()
    }

    fileprivate func record(steps: Range<Int>) {
        state.pointee = State()
        state.pointee.steps = steps
    }

    /// The events in the order in which they ended.
    package var events: UnsafeBufferPointer<Event> { UnsafeBufferPointer(start: storage, count: state.pointee.count) }

    /// Events for which there was no room.
    package var dropped: Int { state.pointee.dropped }

    package var isRecording: Bool { state.pointee.isRecording }

    /// Marks the beginning of a step; events are recorded from here if the step was chosen.
    package func beginStep(_ step: Int) {
        state.pointee.isRecording = state.pointee.steps.contains(step)
        if isRecording { state.pointee.stepStart = Timeline.now() }
    }

    /// Marks the end of the step.
    package func endStep(_ step: Int) {
        guard isRecording else { return }
        append(.step, step, since: state.pointee.stepStart)
        state.pointee.isRecording = false
    }

    /// Records something that began at `start` and ends now, if anything is recorded.
    package func append(_ activity: Activity, _ detail: Int, since start: Int) {
        guard isRecording else { return }
        record(Event(activity: activity, detail: detail, start: start, end: Timeline.now()))
    }

    /// Stores an event, or counts it as dropped if there is no room.
    package func record(_ event: Event) {
        guard state.pointee.count < capacity else {
            state.pointee.dropped += 1
            return
        }
        (storage + state.pointee.count).initialize(to: event)
        state.pointee.count += 1
    }
}

extension Optional<LaneTimeline> {
    /// Runs `body` and records how long it takes, if anything is recorded.
    @inline(__always)
    package func measure<Value>(_ activity: Activity, _ detail: Int = 0, _ body: () throws -> Value) rethrows -> Value {
        guard let self, self.isRecording else { return try body() }
        let start = Timeline.now()
        defer { self.append(activity, detail, since: start) }
        return try body()
    }
}
