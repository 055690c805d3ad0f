import Faults

/// The speed of a link between nodes, as a site specifies it.
public struct LinkSpeed: Equatable, Sendable {
    public var gigabitsPerSecond: Double
    /// Latency of one message.
    public var microseconds: Double

    /// `25,2`: 25 Gbit/s, 2 µs a message.
    public init(parsing text: String) throws {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        guard numbers.count == 2, let rate = numbers[0], let latency = numbers[1], rate > 0, rate.isFinite,
            latency >= 0,
            latency.isFinite
        else {
            throw Fault(
                .usage, "--link \(text)", "is no link",
                remedy: "give gigabits a second and microseconds a message, for instance 25,2")
        }
        (gigabitsPerSecond, microseconds) = (rate, latency)
    }

    var model: ScalingModel.Link {
        ScalingModel.Link(latency: microseconds * 1e-6, secondsPerByte: 8e-9 / gigabitsPerSecond)
    }
}
