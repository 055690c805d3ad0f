import Layers
import Tensors

/// Each value put together with one number: what Keras writes for x·0.5, 1 − x, x / 2, x² and their like.
public struct ArithmeticOptions: LayerOptions {
    public var `operator`: NumberArithmetic.Operator
    public var number: Float
    /// Whether the number is the first operand.
    public var isNumberFirst: Bool

    public static let storedName = "arithmetic"
    public static let kerasClasses = ["Add", "Subtract", "Multiply", "TrueDivide", "Maximum", "Minimum", "Power"]
    public static let kerasModule = KerasObject.operatorModule

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        guard number.isFinite else { throw place.fault("its number is \(number)", remedy: "use a finite number") }
        guard `operator` != .power || !isNumberFirst else {
            throw place.fault("it raises a number to the power of its input", remedy: "use the exponential")
        }
        return .layer(
            NumberArithmetic(
                name: place.layer, inputShape: shape, operator: `operator`, number: number,
                isNumberFirst: isNumberFirst))
    }
}

extension LayerKind {
    /// Each value put together with one number, which is the second operand or the first.
    public static func arithmetic(
        _ operator: NumberArithmetic.Operator, _ number: Float, isNumberFirst: Bool = false
    ) -> LayerKind {
        LayerKind(ArithmeticOptions(operator: `operator`, number: number, isNumberFirst: isNumberFirst))
    }
}

// MARK: Keras

extension ArithmeticOptions {
    /// The number stands in the call, not among the options.
    public init(keras options: inout KerasOptions) throws {
        guard let index = Self.kerasClasses.firstIndex(of: options.className) else {
            throw options.place.fault("is no operator", remedy: "use one of \(Self.kerasClasses)")
        }
        let operands = options.callArguments
        guard operands.count == 2, let number = operands.compactMap(\.kerasNumber).first, number.isFinite else {
            throw options.place.fault(
                "is called with \(JSONValue.array(operands).summary), which is not supported",
                remedy: "call it with a tensor and a number, or two tensors")
        }
        self.init(
            operator: [.add, .subtract, .multiply, .divide, .maximum, .minimum, .power][index], number: number,
            isNumberFirst: operands[0].kerasNumber != nil)
    }

    public var kerasClass: String {
        switch `operator` {
        case .add: "Add"
        case .subtract: "Subtract"
        case .multiply: "Multiply"
        case .divide: "TrueDivide"
        case .maximum: "Maximum"
        case .minimum: "Minimum"
        case .power: "Power"
        }
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] { [:] }

    public func kerasArguments(_ tensors: [JSONValue]) -> [JSONValue] {
        let number = JSONValue.number(shortest: number)
        return isNumberFirst ? [number] + tensors : tensors + [number]
    }
}

// MARK: ONNX

extension ArithmeticOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let type =
            switch `operator` {
            case .add: "Add"
            case .subtract: "Sub"
            case .multiply: "Mul"
            case .divide: "Div"
            case .maximum: "Max"
            case .minimum: "Min"
            case .power: "Pow"
            }
        let operands = [layer.inputs[0].name, graph.constant("\(layer.name)/number", number)]
        return layer.value(graph.append(type, isNumberFirst ? operands.reversed() : operands, in: layer.name))
    }
}
