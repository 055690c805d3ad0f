import Tensors

/// The network's input: stamps of one shape. `keras.layers.InputLayer`.
public struct InputOptions: LayerOptions {
    /// (height, width, channels).
    public var shape: Shape

    public static let storedName = "input"
    public static let kerasClasses = ["InputLayer"]
    public static let inputCount = LayerInputCount.none

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        guard place.number == 0, place.inputs.isEmpty, shape.extents.count == 3 else {
            throw place.fault(
                "a network has one input of shape (height, width, channels)",
                remedy: "put it first and feed it nothing")
        }
        try place.checkSizes([shape.extents])
        return .input(shape)
    }
}

extension LayerKind {
    /// The network's input: stamps of one shape (height, width, channels).
    public static func input(shape: Shape) -> LayerKind { LayerKind(InputOptions(shape: shape)) }
}

// MARK: Keras

extension InputOptions {
    public init(keras options: inout KerasOptions) throws {
        let value = options.take("batch_shape")
        let extents = value.array?.dropFirst().compactMap(\.integer).filter {
            $0 > 0 && KerasOptions.extents.contains($0)
        }
        guard let extents, extents.count == 3, value.array?.count == 4 else {
            throw options.place.fault(
                "has batch_shape = \(value.summary)",
                remedy: "give it the stamps' shape, for instance (None, 21, 21, 1)")
        }
        self.init(shape: Shape(extents))
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        ["batch_shape": shape.kerasValue, "sparse": false, "ragged": false]
    }
}

// MARK: ONNX

extension InputOptions {
    /// The stamps as NCHW maps; for one channel that is another shape of the same values.
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
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
