import Layers
import Tensors

/// Rows and columns of zeros around a map. `keras.layers.ZeroPadding2D`.
public struct ZeroPadding2DOptions: LayerOptions {
    /// Rows above the map.
    public var top: Int
    /// Rows below it.
    public var bottom: Int
    /// Columns before it.
    public var left: Int
    /// Columns behind it.
    public var right: Int

    public static let storedName = "zeroPadding2D"
    public static let kerasClasses = ["ZeroPadding2D"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.mapShape()
        try place.checkSides(top, bottom, left, right, name: "padding")
        try place.checkSizes([[shape.extents[0] + top + bottom, shape.extents[1] + left + right, shape.channels]])
        return .layer(
            ZeroPadding2D(name: place.layer, inputShape: shape, top: top, bottom: bottom, left: left, right: right))
    }
}

extension LayerKind {
    /// Rows and columns of zeros around a map.
    public static func zeroPadding2D(top: Int, bottom: Int, left: Int, right: Int) -> LayerKind {
        LayerKind(ZeroPadding2DOptions(top: top, bottom: bottom, left: left, right: right))
    }
}

// MARK: Keras

extension ZeroPadding2DOptions {
    public init(keras options: inout KerasOptions) throws {
        try options.requireChannelsLast()
        let sides = try options.sides("padding")
        self.init(top: sides.top, bottom: sides.bottom, left: sides.left, right: sides.right)
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        ["padding": [.integers(top, bottom), .integers(left, right)], "data_format": "channels_last"]
    }
}

// MARK: ONNX

extension ZeroPadding2DOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let pads = graph.constant("\(layer.name)/pads", integers: [0, 0, top, left, 0, 0, bottom, right])
        return layer.value(graph.append("Pad", [layer.inputs[0].name, pads], in: layer.name))
    }
}
