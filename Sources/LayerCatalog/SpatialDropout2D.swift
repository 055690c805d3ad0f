import Layers
import Tensors

/// Whole channels of a map set to zero at random while training. `keras.layers.SpatialDropout2D`.
public struct SpatialDropout2DOptions: TrainingOnlyOptions {
    /// The share of channels that are set to zero.
    public var rate: Float

    public static let storedName = "spatialDropout2D"
    public static let kerasClasses = ["SpatialDropout2D"]
    public static let hasTrainableOption = false

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.mapShape()
        try place.check(rate: rate)
        return .layer(
            Dropout(
                name: place.layer, inputShape: shape, rate: rate, layerNumber: place.number,
                noiseShape: [1, 1, shape.channels]))
    }

    public func withoutDropout() -> Self { Self(rate: 0) }
}

extension LayerKind {
    /// Whole channels of a map set to zero at random while training.
    public static func spatialDropout2D(rate: Float) -> LayerKind { LayerKind(SpatialDropout2DOptions(rate: rate)) }
}

// MARK: Keras

extension SpatialDropout2DOptions {
    public init(keras options: inout KerasOptions) throws {
        options.ignore("seed")
        try options.requireChannelsLast()
        self.init(rate: try options.number("rate"))
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        ["rate": .number(shortest: rate), "seed": .null, "data_format": "channels_last"]
    }
}
