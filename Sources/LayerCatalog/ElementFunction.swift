import Layers
import Tensors

/// |x|, ln x, or x within limits, of each value. `keras.ops.absolute`, `log` and `clip`.
public struct ElementFunctionOptions: LayerOptions {
    /// Which function.
    public enum Function: String, Hashable, Sendable, Codable {
        case absolute, logarithm, clip
    }

    public var function: Function
    /// The least and the largest value that `clip` gives.
    public var minimum: Float?
    public var maximum: Float?

    public static let storedName = "elementFunction"
    public static let kerasClasses = ["Absolute", "Log", "Clip"]
    public static let kerasModule = KerasObject.operatorModule

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        .layer(
            ElementFunction(name: place.layer, inputShape: try place.inputShape(), function: try function(at: place)))
    }

    private func function(at place: LayerPlace) throws -> ElementFunction.Function {
        switch function {
        case .absolute: return .absolute
        case .logarithm: return .logarithm
        case .clip:
            guard let minimum, let maximum, minimum <= maximum else {
                throw place.fault("it has no limits, or the lower is above the upper", remedy: "give it two numbers")
            }
            return .clip(minimum...maximum)
        }
    }
}

extension LayerKind {
    /// |x| or ln x of each value.
    public static func elementFunction(_ function: ElementFunctionOptions.Function) -> LayerKind {
        LayerKind(ElementFunctionOptions(function: function))
    }

    /// Each value within limits.
    public static func clip(_ minimum: Float, _ maximum: Float) -> LayerKind {
        LayerKind(ElementFunctionOptions(function: .clip, minimum: minimum, maximum: maximum))
    }
}

// MARK: Keras

extension ElementFunctionOptions {
    public init(keras options: inout KerasOptions) throws {
        switch options.className {
        case "Log": self.init(function: .logarithm)
        case "Clip":
            self.init(function: .clip, minimum: try options.number("x_min"), maximum: try options.number("x_max"))
        default: self.init(function: .absolute)
        }
    }

    public var kerasClass: String {
        switch function {
        case .absolute: "Absolute"
        case .logarithm: "Log"
        case .clip: "Clip"
        }
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        guard let minimum, let maximum else { return [:] }
        return ["x_min": .number(shortest: minimum), "x_max": .number(shortest: maximum)]
    }
}

// MARK: ONNX

extension ElementFunctionOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0].name
        switch function {
        case .absolute: return layer.value(graph.append("Abs", [input], in: layer.name))
        case .logarithm: return layer.value(graph.append("Log", [input], in: layer.name))
        case .clip:
            let limits = [("minimum", minimum ?? 0), ("maximum", maximum ?? 0)]
                .map { graph.constant("\(layer.name)/\($0)", $1) }
            return layer.value(graph.append("Clip", [input] + limits, in: layer.name))
        }
    }
}
