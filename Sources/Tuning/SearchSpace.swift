import CKernels
import Files
import Tensors

/// The settings that a search tries: for each of some options the values that it may have.
public struct SearchSpace: Codable, Hashable, Sendable {
    /// In the order of their options' names.
    public let dimensions: [Dimension]

    /// An option of `train`, and what it may be.
    public struct Dimension: Codable, Hashable, Sendable {
        /// Without dashes.
        public let option: String
        public let values: Values
    }

    public enum Values: Codable, Hashable, Sendable {
        /// Each as often as the others.
        case choices([Choice])
        /// Uniform from the first to the second number, or uniform in its logarithm.
        case numbers(from: Double, to: Double, isLogarithmic: Bool)
        /// The same of whole numbers; both ends are among them.
        case integers(from: Int, to: Int, isLogarithmic: Bool)
    }

    /// One of several values.
    public enum Choice: Codable, Hashable, Sendable, CustomStringConvertible {
        /// What stands behind the option's name.
        case text(String)
        /// Whether an option without a value is given.
        case flag(Bool)

        public var description: String {
            switch self {
            case .text(let text): text
            case .flag(let isOn): isOn ? "true" : "false"
            }
        }
    }

    init(_ dimensions: [Dimension]) { self.dimensions = dimensions.sorted { $0.option < $1.option } }
}

/// What a trial's dimensions are.
public struct TrialValues: Codable, Hashable, Sendable {
    /// A value for each dimension of the space, in its order.
    public let choices: [SearchSpace.Choice]

    /// As texts.
    public var texts: [String] { choices.map(\.description) }
}

extension SearchSpace {
    /// The values of a trial: a function of the seed and its number alone.
    ///
    /// - Parameter trial: from 1.
    public func values(seed: UInt64, trial: Int) -> TrialValues {
        var stream = CounterBasedRandom(seed: seed).stream(.search, sample: trial)
        return TrialValues(choices: dimensions.map { $0.values.drawn(from: &stream) })
    }
}

extension SearchSpace.Values {
    fileprivate func drawn(from stream: inout RandomStream) -> SearchSpace.Choice {
        switch self {
        case .choices(let choices): return choices[stream.index(below: choices.count)]
        case .numbers(let low, let high, let isLogarithmic):
            return .text(Self.text(Self.drawn(low, high, isLogarithmic, stream.uniform()), in: low...high))
        case .integers(let low, let high, false): return .text("\(low + stream.index(below: high - low + 1))")
        case .integers(let low, let high, true):
            // Each whole number stands for the numbers that are rounded down to it.
            let drawn = Self.drawn(Double(low), Double(high) + 1, true, stream.uniform())
            return .text("\(min(max(Int(drawn), low), high))")
        }
    }

    /// The same bits on any processor.
    private static func drawn(_ low: Double, _ high: Double, _ isLogarithmic: Bool, _ uniform: Double) -> Double {
        guard isLogarithmic else { return low + (high - low) * uniform }
        let (first, last) = (portable_log(low), portable_log(high))
        return portable_exp(first + (last - first) * uniform)
    }

    /// Four significant digits, which people can type again; the ends where these lie outside.
    private static func text(_ value: Double, in range: ClosedRange<Double>) -> String {
        let text = FormattedNumber.significant(value, 4)
        let rounded = Double(text)!
        return range.contains(rounded)
            ? text : rounded < range.lowerBound ? "\(range.lowerBound)" : "\(range.upperBound)"
    }

    /// Where a value lies between the ends, from 0 to 1; nil for one that is not among the values.
    public func place(of choice: SearchSpace.Choice) -> Double? {
        switch self {
        case .choices(let choices):
            guard let index = choices.firstIndex(of: choice) else { return nil }
            return choices.count == 1 ? 0.5 : Double(index) / Double(choices.count - 1)
        case .numbers(let low, let high, let isLogarithmic):
            return Double(choice.description).flatMap { Self.place($0, low, high, isLogarithmic) }
        case .integers(let low, let high, let isLogarithmic):
            return Double(choice.description).flatMap { Self.place($0, Double(low), Double(high), isLogarithmic) }
        }
    }

    private static func place(_ value: Double, _ low: Double, _ high: Double, _ isLogarithmic: Bool) -> Double? {
        guard high > low else { return 0.5 }
        let (value, low, high) =
            isLogarithmic ? (portable_log(value), portable_log(low), portable_log(high)) : (value, low, high)
        return (value - low) / (high - low)
    }
}
