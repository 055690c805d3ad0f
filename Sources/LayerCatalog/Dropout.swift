import Layers
import Tensors

/// Values set to zero at random while training. `keras.layers.Dropout`.
public struct DropoutOptions: LayerOptions {
    /// The share of values that are set to zero.
    public var rate: Float

    public static let storedName = "dropout"
    public static let kerasClasses = ["Dropout"]
    /// Whether this is training, `fit` and `predict` say themselves.
    public static let kerasCallDefaults: [String: JSONValue] = ["training": false]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        guard rate >= 0, rate < 1 else {
            throw place.fault("its rate is \(rate)", remedy: "use a rate from 0 up to, but not including, 1")
        }
        return .layer(Dropout(name: place.layer, inputShape: shape, rate: rate, layerNumber: place.number))
    }

    public func withoutDropout() -> DropoutOptions { DropoutOptions(rate: 0) }
}

extension LayerKind {
    /// Values set to zero at random while training.
    public static func dropout(rate: Float) -> LayerKind { LayerKind(DropoutOptions(rate: rate)) }
}

// MARK: Keras

extension DropoutOptions {
    public init(keras options: inout KerasOptions) throws {
        options.ignore("seed")
        self.init(rate: try options.number("rate"))
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        ["rate": .number(shortest: rate), "seed": .null, "noise_shape": .null]
    }
}

// MARK: ONNX

extension DropoutOptions {
    /// Nothing: outside training the layer gives its input.
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        layer.value(layer.inputs[0].name)
    }
}
