import Communication
import Lanes

/// Sums over the events of a timeline: how the lanes' time was spent, in nanoseconds.
package struct TimelineTotals: Sendable, Equatable {
    /// The time of each activity, summed over lanes (and ranks); `step` is the total.
    private var activities = [Int](repeating: 0, count: Activity.allCases.count)
    /// The time of each node's passes.
    package private(set) var forward: [Int]
    package private(set) var backward: [Int]
    /// The fastest of each node's passes; 0 where there was none.
    package private(set) var fastestForward: [Int]
    package private(set) var fastestBackward: [Int]
    /// Time during which messages were under way, as lane 0 of each rank sees it.
    package private(set) var inFlight = 0
    /// The part of `inFlight` during which lane 0 computed.
    package private(set) var hidden = 0
    /// Events for which there was no room.
    package private(set) var dropped = 0

    /// The sums over one rank's lanes.
    /// - Parameter nodes: how many nodes the network has.
    package init(_ timeline: Timeline, nodes: Int) {
        forward = [Int](repeating: 0, count: nodes)
        (backward, fastestForward, fastestBackward) = (forward, forward, forward)
        for lane in timeline.lanes {
            for event in lane.events {
                let duration = event.end - event.start
                activities[event.activity.rawValue] += duration
                switch event.activity {
                case .forward:
                    forward[event.detail] += duration
                    fastestForward[event.detail] = Self.faster(fastestForward[event.detail], duration)
                case .backward:
                    backward[event.detail] += duration
                    fastestBackward[event.detail] = Self.faster(fastestBackward[event.detail], duration)
                default: break
                }
            }
            dropped += lane.dropped
        }
        if let first = timeline.lanes.first { (inFlight, hidden) = Self.communication(of: first.events) }
    }

    /// The time of one activity.
    package subscript(_ activity: Activity) -> Int { activities[activity.rawValue] }

    /// The time of all activities of a kind.
    package subscript(_ kind: Activity.Kind) -> Int {
        Activity.allCases.filter { $0.kind == kind }.reduce(0) { $0 + self[$1] }
    }

    /// `part` as a share of all lanes' time; 0 where no step was recorded.
    package func share(_ part: Int) -> Double { self[.step] > 0 ? Double(part) / Double(self[.step]) : 0 }

    /// The share of the time with messages under way in which lane 0 computed; nil where there were none.
    package var hiddenShare: Double? { inFlight > 0 ? Double(hidden) / Double(inFlight) : nil }

    /// All ranks' events together, on rank 0; nil elsewhere. Collective.
    package func summed(over group: any ProcessGroup) throws -> TimelineTotals? {
        guard let all = try group.gather(values: numbers.map { Int64($0) }) else { return nil }
        // Rank 0 begins with its own.
        return all.dropFirst().reduce(into: self) { total, part in total.add(part.map { Int($0) }) }
    }

    /// Everything, as ranks exchange it.
    private var numbers: [Int] {
        activities + forward + backward + fastestForward + fastestBackward + [inFlight, hidden, dropped]
    }

    private mutating func add(_ numbers: [Int]) {
        var rest = numbers[...]
        func next(_ own: [Int], _ combine: (Int, Int) -> Int) -> [Int] {
            defer { rest = rest.dropFirst(own.count) }
            return zip(own, rest).map(combine)
        }
        activities = next(activities, +)
        forward = next(forward, +)
        backward = next(backward, +)
        fastestForward = next(fastestForward, Self.faster)
        fastestBackward = next(fastestBackward, Self.faster)
        let sums = next([inFlight, hidden, dropped], +)
        (inFlight, hidden, dropped) = (sums[0], sums[1], sums[2])
    }

    private static func faster(_ one: Int, _ other: Int) -> Int {
        one == 0 || other == 0 ? max(one, other) : min(one, other)
    }

    /// How long messages were under way, and how long the lane computed meanwhile.
    private static func communication(
        of events: UnsafeBufferPointer<LaneTimeline.Event>
    ) -> (inFlight: Int, hidden: Int) {
        // A call that blocks is a message under way, too.
        let messages = events.filter { $0.activity.kind == .inFlight || $0.activity.kind == .message }
            .sorted { $0.start < $1.start }
        var flights: [Range<Int>] = []
        for message in messages {
            if let last = flights.last, message.start <= last.upperBound {
                flights[flights.count - 1] = last.lowerBound..<max(last.upperBound, message.end)
            } else {
                flights.append(message.start..<message.end)
            }
        }
        var hidden = 0
        var first = 0
        // A lane computes one thing after another: events of this kind end in the order in which they start.
        for event in events where event.activity.kind == .work {
            while first < flights.count && flights[first].upperBound <= event.start { first += 1 }
            var index = first
            while index < flights.count && flights[index].lowerBound < event.end {
                hidden += min(event.end, flights[index].upperBound) - max(event.start, flights[index].lowerBound)
                index += 1
            }
        }
        return (flights.reduce(0) { $0 + $1.count }, hidden)
    }
}
