import Layers
import Tensors

/// How a Keras option says that a parameter is drawn before training.
public enum ParameterInitializer: Hashable, Sendable {
    case constant(Float)
    case uniform(from: Float, to: Float)
    case normal(mean: Float, deviation: Float, isTruncated: Bool)
    /// Of variance scale / fan. `keras.initializers.VarianceScaling`, and those that are cases of it.
    case varianceScaling(VarianceScaling)
    case identity(gain: Float)
    case orthogonal(gain: Float)
    /// Something else, as Keras writes it, which cannot be drawn here.
    case other(JSONValue)

    /// How Keras draws a parameter when nothing is said.
    ///
    /// - Parameter parameter: its name, as Keras calls it.
    public static func standard(of parameter: String) -> ParameterInitializer {
        if parameter.hasSuffix("kernel") { return .varianceScaling(.glorotUniform) }
        return .constant(parameter == "gamma" || parameter == "moving_variance" ? 1 : 0)
    }

    /// How a parameter of this shape, in Keras' layout, is drawn; nil where it cannot be.
    public func specification(of shape: Shape) -> ParameterSpecification.Initializer? {
        switch self {
        case .constant(let value): .constant(value)
        case .uniform(let low, let high): .uniform(from: Double(low), to: Double(high))
        case .normal(let mean, let deviation, let isTruncated):
            .normal(mean: Double(mean), deviation: Double(deviation), isTruncated: isTruncated)
        case .varianceScaling(let scaling): scaling.specification(of: shape)
        case .identity(let gain): shape.extents.count == 2 ? .identity(gain: gain) : nil
        case .orthogonal(let gain): shape.extents.count >= 2 ? .orthogonal(gain: gain) : nil
        case .other: nil
        }
    }
}

/// The options of `keras.initializers.VarianceScaling`.
public struct VarianceScaling: Hashable, Sendable {
    /// What the scale is divided by.
    public enum Fan: String, Sendable {
        case fanIn = "fan_in"
        case fanOut = "fan_out"
        case average = "fan_avg"
    }

    public enum Distribution: String, Sendable {
        case uniform
        case truncatedNormal = "truncated_normal"
        case normal = "untruncated_normal"
    }

    public var scale: Float
    public var fan: Fan
    public var distribution: Distribution

    public init(scale: Float, fan: Fan, distribution: Distribution) {
        self.scale = scale
        self.fan = fan
        self.distribution = distribution
    }

    public static let glorotUniform = VarianceScaling(scale: 1, fan: .average, distribution: .uniform)

    /// Cases that Keras has a class for.
    static let named: KeyValuePairs<String, VarianceScaling> = [
        "GlorotUniform": .glorotUniform,
        "GlorotNormal": VarianceScaling(scale: 1, fan: .average, distribution: .truncatedNormal),
        "HeUniform": VarianceScaling(scale: 2, fan: .fanIn, distribution: .uniform),
        "HeNormal": VarianceScaling(scale: 2, fan: .fanIn, distribution: .truncatedNormal),
        "LecunUniform": VarianceScaling(scale: 1, fan: .fanIn, distribution: .uniform),
        "LecunNormal": VarianceScaling(scale: 1, fan: .fanIn, distribution: .truncatedNormal),
    ]

    /// The standard deviation of a normal distribution that is cut off at two of them, for one of 1 before.
    private static let truncatedDeviation = 0.87962566103423978

    func specification(of shape: Shape) -> ParameterSpecification.Initializer {
        let fans = Self.fans(of: shape)
        let divisor =
            switch fan {
            case .fanIn: Double(fans.in)
            case .fanOut: Double(fans.out)
            case .average: Double(fans.in + fans.out) / 2
            }
        let variance = Double(scale) / max(1, divisor)
        switch distribution {
        case .uniform:
            let limit = (3 * variance).squareRoot()
            return .uniform(from: -limit, to: limit)
        case .truncatedNormal:
            return .normal(mean: 0, deviation: variance.squareRoot() / Self.truncatedDeviation, isTruncated: true)
        case .normal: return .normal(mean: 0, deviation: variance.squareRoot(), isTruncated: false)
        }
    }

    /// How many values a sum is of, and how many sums a value goes into. Source: `compute_fans` in
    /// keras/src/initializers/random_initializers.py.
    private static func fans(of shape: Shape) -> (in: Int, out: Int) {
        let extents = shape.extents
        guard extents.count > 1 else { return (shape.count, shape.count) }
        let taps = extents.dropLast(2).reduce(1, *)
        return (extents[extents.count - 2] * taps, extents[extents.count - 1] * taps)
    }
}
