/// One measurement of a run.
public struct MLflowPoint: Sendable {
    /// What MLflow's step of a metric counts.
    public enum Axis: Hashable, Sendable {
        /// Steps of the optimizer since the start of the run.
        case steps
        case epochs
    }

    public var name: String
    public var value: Double
    public var axis: Axis
    public var step: Int
    /// Seconds since 1970.
    public var wallTime: Double

    public init(_ name: String, _ value: Double, _ axis: Axis, _ step: Int, wallTime: Double) {
        (self.name, self.value, self.axis, self.step, self.wallTime) = (name, value, axis, step, wallTime)
    }
}
