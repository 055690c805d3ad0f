import FoundationEssentials
import Lanes
import Models

/// The events of one rank in Chrome's trace format, which Perfetto (ui.perfetto.dev) and chrome://tracing show.
///
/// Every activity of a lane is a complete event (`"ph": "X"`) with times in microseconds; `pid` is the rank, `tid` the
/// lane. A message that is under way while lane 0 does other things is an asynchronous one (`"b"` and `"e"`), since
/// such events may overlap. Source: "Trace Event Format", the Chromium project.
struct TraceText {
    let rank: Int
    let hostName: String
    let network: Network
    /// `Timeline.now()` at a barrier of all ranks: time 0 of the trace.
    let origin: Int

    /// The events as JSON objects with commas between them.
    func events(of timeline: Timeline) -> [UInt8] {
        var text = Array(
            metadata("process_name", lane: 0, name: "rank \(rank) on \(hostName)").utf8)
        for lane in timeline.lanes.indices {
            append(metadata("thread_name", lane: lane, name: "lane \(lane)"), to: &text)
        }
        // Layers' names may need escapes: once for each is enough.
        let forward = network.nodes.map { Self.quoted("\($0.name) forward") }
        let backward = network.nodes.map { Self.quoted("\($0.name) backward") }
        let titles = Activity.allCases.map { Self.quoted($0.title) }
        for (lane, recorded) in timeline.lanes.enumerated() {
            for (number, event) in recorded.events.enumerated() {
                switch event.activity {
                case .forward: append(complete(event, forward[event.detail], lane: lane), to: &text)
                case .backward: append(complete(event, backward[event.detail], lane: lane), to: &text)
                case .flight:
                    let name = titles[event.activity.rawValue]
                    append(asynchronous("b", event, name, number: number, at: event.start), to: &text)
                    append(asynchronous("e", event, name, number: number, at: event.end), to: &text)
                default: append(complete(event, titles[event.activity.rawValue], lane: lane), to: &text)
                }
            }
        }
        return text
    }

    private func append(_ event: String, to text: inout [UInt8]) {
        text += ",\n".utf8
        text += event.utf8
    }

    private func metadata(_ what: String, lane: Int, name: String) -> String {
        #"{"name":"\#(what)","ph":"M","pid":\#(rank),"tid":\#(lane),"args":{"name":\#(Self.quoted(name))}}"#
    }

    private func complete(_ event: LaneTimeline.Event, _ name: String, lane: Int) -> String {
        let (start, duration) = (Self.microseconds(event.start - origin), Self.microseconds(event.end - event.start))
        return #"{"name":\#(name),"cat":"\#(category(event))","ph":"X","ts":\#(start),"dur":\#(duration),"#
            + #""pid":\#(rank),"tid":\#(lane),"args":{\#(arguments(event))}}"#
    }

    private func asynchronous(
        _ phase: String, _ event: LaneTimeline.Event, _ name: String, number: Int, at time: Int
    ) -> String {
        #"{"name":\#(name),"cat":"\#(category(event))","ph":"\#(phase)","id":"\#(rank)-\#(number)","#
            + #""ts":\#(Self.microseconds(time - origin)),"pid":\#(rank),"tid":0,"args":{\#(arguments(event))}}"#
    }

    private func category(_ event: LaneTimeline.Event) -> String {
        switch event.activity.kind {
        case .enclosing: "step"
        case .work: "computing"
        case .idle: "waiting"
        case .message, .inFlight: "message"
        }
    }

    private func arguments(_ event: LaneTimeline.Event) -> String {
        switch event.activity.kind {
        case .enclosing: return #""step":\#(event.detail)"#
        case .message, .inFlight: return #""bytes":\#(event.detail)"#
        case .work, .idle: break
        }
        guard event.activity == .forward || event.activity == .backward else { return "" }
        return #""kind":"\#(network.nodes[event.detail].kind.kerasName)""#
    }

    /// Nanoseconds as microseconds, exactly.
    private static func microseconds(_ nanoseconds: Int) -> String {
        let (whole, rest) = max(0, nanoseconds).quotientAndRemainder(dividingBy: 1000)
        let digits = String(rest)
        return "\(whole).\(String(repeating: "0", count: 3 - digits.count))\(digits)"
    }

    /// A string as JSON writes it.
    private static func quoted(_ text: String) -> String {
        let encoded = try? JSONEncoder().encode(text)
        return encoded.map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
