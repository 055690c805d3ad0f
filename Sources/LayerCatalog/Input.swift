import Tensors

/// An input of the network: stamps of one shape, or some features of each stamp. `keras.layers.InputLayer`.
public struct InputOptions: LayerOptions {
    /// (height, width, channels) of stamps; (F) of features.
    public var shape: Shape

    public static let storedName = "input"
    public static let kerasClasses = ["InputLayer"]
    public static let inputCount = LayerInputCount.none
    public static let hasTrainableOption = false

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        guard place.inputs.isEmpty else {
            throw place.fault("an input is fed by \(place.inputs.count) inputs", remedy: "feed it nothing")
        }
        guard [1, 3].contains(shape.extents.count) else {
            throw place.fault(
                "it is an input of shape \(shape)",
                remedy: "give it the stamps' shape (height, width, channels), or the number of features (F,)")
        }
        try place.checkSizes([shape.extents])
        return .input(shape)
    }
}

extension LayerKind {
    /// An input of the network: stamps of one shape (height, width, channels), or features of shape (F).
    public static func input(shape: Shape) -> LayerKind { LayerKind(InputOptions(shape: shape)) }
}

// MARK: Keras

extension InputOptions {
    public init(keras options: inout KerasOptions) throws {
        let value = options.take("batch_shape")
        let extents = value.array?.dropFirst().compactMap(\.integer).filter {
            $0 > 0 && KerasOptions.extents.contains($0)
        }
        guard let extents, [1, 3].contains(extents.count), value.array?.count == extents.count + 1 else {
            throw options.place.fault(
                "has batch_shape = \(value.summary)",
                remedy: "give it the stamps' shape, for instance (None, 21, 21, 1), or (None, 5) for 5 features")
        }
        self.init(shape: Shape(extents))
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        ["batch_shape": shape.kerasValue, "sparse": false, "ragged": false]
    }
}

// MARK: ONNX

extension InputOptions {
    /// The stamps as NCHW maps; for one channel that is another shape of the same values. Features as they are.
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        guard shape.extents.count == 3 else { return layer.inputs[0] }
        let stamps = layer.inputs[0].name
        guard shape.channels == 1 else {
            return layer.value(graph.append("Transpose", [stamps], [.integers("perm", [0, 3, 1, 2])], in: layer.name))
        }
        // 0: as many samples as there are.
        let extents = graph.constant(
            "\(layer.name)/shape", integers: [0, 1, shape.extents[0], shape.extents[1]])
        return layer.value(graph.append("Reshape", [stamps, extents], in: layer.name))
    }
}
