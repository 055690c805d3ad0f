import Layers
import Tensors

/// Inputs put together value by value, with broadcasting. `keras.layers.Multiply`, `Subtract`, `Average`, `Maximum` and
/// `Minimum`; sums are a kind of their own (``AddOptions``).
public struct MergeOptions: LayerOptions {
    /// How values are put together.
    public enum Combination: String, Hashable, Sendable, Codable {
        case product, difference, mean, maximum, minimum
    }

    public var combination: Combination

    public static let storedName = "merge"
    public static let kerasClasses = ["Multiply", "Subtract", "Average", "Maximum", "Minimum"]
    public static let inputCount = LayerInputCount.several

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shapes = try place.broadcastShapes()
        guard combination != .difference || shapes.count == 2 else {
            throw place.fault("it has \(shapes.count) inputs", remedy: "subtract one layer from one other")
        }
        let layerCombination: Merge.Combination =
            switch combination {
            case .product: .product
            case .difference: .difference
            case .mean: .mean
            case .maximum: .maximum
            case .minimum: .minimum
            }
        return .layer(Merge(name: place.layer, inputShapes: shapes, combination: layerCombination))
    }
}

extension LayerKind {
    /// Inputs put together value by value.
    public static func merge(_ combination: MergeOptions.Combination) -> LayerKind {
        LayerKind(MergeOptions(combination: combination))
    }
}

// MARK: Keras

extension MergeOptions {
    public init(keras options: inout KerasOptions) throws {
        switch options.className {
        case "Subtract": self.init(combination: .difference)
        case "Average": self.init(combination: .mean)
        case "Maximum": self.init(combination: .maximum)
        case "Minimum": self.init(combination: .minimum)
        default: self.init(combination: .product)
        }
    }

    public var kerasClass: String {
        switch combination {
        case .product: "Multiply"
        case .difference: "Subtract"
        case .mean: "Average"
        case .maximum: "Maximum"
        case .minimum: "Minimum"
        }
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] { [:] }
}

// MARK: ONNX

extension MergeOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let inputs = graph.broadcastable(layer.inputs, in: layer.name)
        let names = inputs.map(\.name)
        let type =
            switch combination {
            case .product: "Mul"
            case .difference: "Sub"
            case .mean: "Mean"
            case .maximum: "Max"
            case .minimum: "Min"
            }
        var result = names[0]
        if combination == .product || combination == .difference {
            for name in names.dropFirst() { result = graph.append(type, [result, name], in: layer.name) }
        } else {
            result = graph.append(type, names, in: layer.name)
        }
        return ONNXValue(name: result, shape: layer.outputShape, order: inputs[0].order)
    }
}
