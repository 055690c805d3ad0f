import Layers
import Tensors

/// A map without some of its outer rows and columns. `keras.layers.Cropping2D`.
public struct Cropping2DOptions: LayerOptions {
    /// Rows cut off above.
    public var top: Int
    /// Rows cut off below.
    public var bottom: Int
    /// Columns cut off before.
    public var left: Int
    /// Columns cut off behind.
    public var right: Int

    public static let storedName = "cropping2D"
    public static let kerasClasses = ["Cropping2D"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.mapShape()
        try place.checkSides(top, bottom, left, right, name: "cropping")
        guard top + bottom < shape.extents[0], left + right < shape.extents[1] else {
            throw place.fault("it leaves nothing of maps of shape \(shape)", remedy: "cut off less")
        }
        return .layer(
            Cropping2D(name: place.layer, inputShape: shape, top: top, bottom: bottom, left: left, right: right))
    }
}

extension LayerKind {
    /// A map without some of its outer rows and columns.
    public static func cropping2D(top: Int, bottom: Int, left: Int, right: Int) -> LayerKind {
        LayerKind(Cropping2DOptions(top: top, bottom: bottom, left: left, right: right))
    }
}

// MARK: Keras

extension Cropping2DOptions {
    public init(keras options: inout KerasOptions) throws {
        try options.requireChannelsLast()
        let sides = try options.sides("cropping")
        self.init(top: sides.top, bottom: sides.bottom, left: sides.left, right: sides.right)
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        ["cropping": [.integers(top, bottom), .integers(left, right)], "data_format": "channels_last"]
    }
}

// MARK: ONNX

extension Cropping2DOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let extents = layer.outputShape.extents
        let starts = graph.constant("\(layer.name)/starts", integers: [top, left])
        let ends = graph.constant("\(layer.name)/ends", integers: [top + extents[0], left + extents[1]])
        let axes = graph.constant("\(layer.name)/axes", integers: [2, 3])
        return layer.value(graph.append("Slice", [layer.inputs[0].name, starts, ends, axes], in: layer.name))
    }
}
