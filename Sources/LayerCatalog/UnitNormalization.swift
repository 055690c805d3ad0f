import Layers
import Tensors

/// Vectors along some axes divided by their lengths. `keras.layers.UnitNormalization`.
public struct UnitNormalizationOptions: LayerOptions {
    /// The axes as Keras counts them, from 1 for the first of a sample, or from −1 backwards.
    public var axes: [Int]

    public static let storedName = "unitNormalization"
    public static let kerasClasses = ["UnitNormalization"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        return .layer(
            UnitNormalization(name: place.layer, inputShape: shape, axes: Set(try place.sampleAxes(axes))))
    }
}

extension LayerKind {
    /// Vectors along some axes, as Keras counts them, divided by their lengths.
    public static func unitNormalization(axes: [Int]) -> LayerKind { LayerKind(UnitNormalizationOptions(axes: axes)) }
}

// MARK: Keras

extension UnitNormalizationOptions {
    public init(keras options: inout KerasOptions) throws { self.init(axes: try options.axes(default: [-1])) }

    public func kerasOptions(of layer: String) -> [String: JSONValue] { ["axis": axes.kerasAxes] }
}

// MARK: ONNX

extension UnitNormalizationOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) throws -> ONNXValue {
        let input = layer.inputs[0]
        let count = input.shape.extents.count
        // Where the axes stand in the graph, whose maps have their channels first.
        let places = axes.map { $0 > 0 ? $0 : count + 1 + $0 }.map { $0 == count ? 1 : $0 + 1 }
        let length = graph.append("ReduceL2", [input.name], [.integers("axes", places)], in: layer.name)
        let least = graph.constant("\(layer.name)/least", 1e-12)
        return layer.value(
            graph.append("Div", [input.name, graph.append("Max", [length, least], in: layer.name)], in: layer.name))
    }
}
