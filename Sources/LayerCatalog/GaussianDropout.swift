import Layers
import Tensors

/// Each value times a normal random number of mean 1 while training. `keras.layers.GaussianDropout`.
public struct GaussianDropoutOptions: TrainingOnlyOptions {
    /// The rate of the dropout that has the same variance, rate / (1 − rate).
    public var rate: Float

    public static let storedName = "gaussianDropout"
    public static let kerasClasses = ["GaussianDropout"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        try place.check(rate: rate)
        return .layer(
            GaussianNoise(
                name: place.layer, inputShape: shape, deviation: (rate / (1 - rate)).squareRoot(), isFactor: true,
                layerNumber: place.number))
    }

    public func withoutDropout() -> Self { Self(rate: 0) }
}

extension LayerKind {
    /// Each value times a normal random number of mean 1 while training.
    public static func gaussianDropout(rate: Float) -> LayerKind { LayerKind(GaussianDropoutOptions(rate: rate)) }
}

// MARK: Keras

extension GaussianDropoutOptions {
    public init(keras options: inout KerasOptions) throws {
        options.ignore("seed")
        self.init(rate: try options.number("rate"))
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        ["rate": .number(shortest: rate), "seed": .null]
    }
}
