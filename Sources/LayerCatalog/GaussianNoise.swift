import Layers
import Tensors

/// Normal random numbers added to each value while training. `keras.layers.GaussianNoise`.
public struct GaussianNoiseOptions: TrainingOnlyOptions {
    /// Their standard deviation.
    public var deviation: Float

    public static let storedName = "gaussianNoise"
    public static let kerasClasses = ["GaussianNoise"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        guard deviation >= 0, deviation.isFinite else {
            throw place.fault("its standard deviation is \(deviation)", remedy: "use a finite number of at least 0")
        }
        return .layer(
            GaussianNoise(
                name: place.layer, inputShape: shape, deviation: deviation, isFactor: false, layerNumber: place.number))
    }

    public func withoutDropout() -> Self { Self(deviation: 0) }
}

extension LayerKind {
    /// Normal random numbers added to each value while training.
    public static func gaussianNoise(deviation: Float) -> LayerKind {
        LayerKind(GaussianNoiseOptions(deviation: deviation))
    }
}

// MARK: Keras

extension GaussianNoiseOptions {
    public init(keras options: inout KerasOptions) throws {
        options.ignore("seed")
        self.init(deviation: try options.number("stddev"))
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        ["stddev": .number(shortest: deviation), "seed": .null]
    }
}
