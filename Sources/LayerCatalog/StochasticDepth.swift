import Layers
import Tensors

/// Whole samples set to zero at random while training: `StochasticDepth` of `keras.applications`' ConvNeXt.
///
/// Source: G. Huang et al., "Deep networks with stochastic depth", ECCV 2016.
public struct StochasticDepthOptions: TrainingOnlyOptions {
    /// The share of samples that are set to zero.
    public var rate: Float

    public static let storedName = "stochasticDepth"
    public static let kerasClasses = ["StochasticDepth"]
    public static let kerasModule = "keras.src.applications.convnext"

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        try place.check(rate: rate)
        return .layer(
            Dropout(
                name: place.layer, inputShape: shape, rate: rate, layerNumber: place.number,
                noiseShape: Shape(shape.extents.map { _ in 1 })))
    }

    public func withoutDropout() -> Self { Self(rate: 0) }
}

extension LayerKind {
    /// Whole samples set to zero at random while training.
    public static func stochasticDepth(rate: Float) -> LayerKind { LayerKind(StochasticDepthOptions(rate: rate)) }
}

// MARK: Keras

extension StochasticDepthOptions {
    public init(keras options: inout KerasOptions) throws { self.init(rate: try options.number("drop_path_rate")) }

    public func kerasOptions(of layer: String) -> [String: JSONValue] { ["drop_path_rate": .number(shortest: rate)] }
}
