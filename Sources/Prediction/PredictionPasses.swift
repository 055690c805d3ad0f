import Faults
import Models

/// How often, and how, models look at each stamp, and what their probabilities are averaged over.
public struct PredictionPasses: Hashable, Sendable {
    /// How often layers such as dropout draw random numbers, as in training; nil for once without any.
    ///
    /// Source: Y. Gal and Z. Ghahramani, "Dropout as a Bayesian approximation", ICML 2016.
    public var dropout: Int?
    /// Whether stamps are looked at under all symmetries of the square, or under the four of a rectangle.
    public var symmetries: Bool
    /// Of the random numbers.
    public var seed: UInt64

    /// Stamps as they are, once.
    public static let one = PredictionPasses()

    public init(dropout: Int? = nil, symmetries: Bool = false, seed: UInt64 = 0) {
        (self.dropout, self.symmetries, self.seed) = (dropout, symmetries, seed)
    }

    /// Whether a model looks at a stamp more than once.
    public var areSeveral: Bool { dropout != nil || symmetries }

    /// Refuses networks in which nothing is random.
    ///
    /// - Parameter file: where the network comes from, for messages.
    /// - Throws: `Fault(.usage)`.
    func check(_ network: Network, of file: String) throws {
        guard let dropout, !network.drawsRandomNumbers else { return }
        throw Fault(
            .usage, "--dropout-passes \(dropout)",
            "would all be the same: \(file) has no layer that draws random numbers, such as Dropout",
            remedy: "leave it out, or train a network with dropout")
    }
}
