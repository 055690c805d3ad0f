import Layers
import Tensors

/// Maps with several pixels in the place of each. `keras.layers.UpSampling2D`.
public struct UpSampling2DOptions: LayerOptions {
    /// Into how many rows and columns a pixel is made.
    public var size: Extent2D
    /// What lies between pixels.
    public var interpolation: UpSampling2D.Interpolation

    public static let storedName = "upSampling2D"
    public static let kerasClasses = ["UpSampling2D"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.mapShape()
        guard size.height > 0, size.width > 0 else {
            throw place.fault("its size is not positive", remedy: "use at least 1")
        }
        try place.checkSizes([shape.extents + [size.height, size.width]])
        return .layer(UpSampling2D(name: place.layer, inputShape: shape, size: size, interpolation: interpolation))
    }
}

extension LayerKind {
    /// Maps with several pixels in the place of each.
    public static func upSampling2D(size: Extent2D, interpolation: UpSampling2D.Interpolation) -> LayerKind {
        LayerKind(UpSampling2DOptions(size: size, interpolation: interpolation))
    }
}

// MARK: Keras

extension UpSampling2DOptions {
    public init(keras options: inout KerasOptions) throws {
        try options.requireChannelsLast()
        let value = options.take("interpolation")
        guard let interpolation = UpSampling2D.Interpolation(rawValue: value.isNull ? "nearest" : value.string ?? "")
        else { throw options.unsupported("interpolation", value, supported: "nearest or bilinear") }
        self.init(size: try options.extent("size", default: Extent2D(2, 2)), interpolation: interpolation)
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        [
            "size": size.kerasValue, "interpolation": .string(interpolation.rawValue), "data_format": "channels_last",
        ]
    }
}

// MARK: ONNX

extension UpSampling2DOptions {
    /// Pixels are repeated by ONNX' own operator, as it does without being told more; straight lines are products with
    /// a matrix for each axis.
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        guard interpolation == .bilinear else {
            let scales = graph.constant(
                "\(layer.name)/scales", shape: [4], [1, 1, Float(size.height), Float(size.width)])
            // The second operand, a region of interest, is left out.
            return layer.value(graph.append("Resize", [input.name, "", scales], in: layer.name))
        }
        let (height, width) = (input.shape.extents[0], input.shape.extents[1])
        let down = UpSampling2D.weights(extent: height, factor: size.height)
        let across = UpSampling2D.weights(extent: width, factor: size.width)
        let rows = graph.constant("\(layer.name)/rows", shape: [height * size.height, height], down)
        let columns = graph.constant(
            "\(layer.name)/columns", shape: [width, width * size.width],
            WeightLayout.channelsFirst(across, window: width * size.width, inputs: 1, outputs: width))
        let stretched = graph.append("MatMul", [rows, input.name], in: layer.name)
        return layer.value(graph.append("MatMul", [stretched, columns], in: layer.name))
    }
}
