import LayerCatalog
import Preparation
import Tensors

/// A normalisation as operators of a functional model of Keras 3 (`keras.ops`), in double precision where the backend has
/// it; each subexpression once.
struct KerasNormalization {
    private static let floatType = "float32"
    private static let doubleType = "float64"

    private let expression: PixelExpression
    private let scope: NormalizationScope

    init(_ expression: PixelExpression, over scope: NormalizationScope) {
        (self.expression, self.scope) = (expression, scope)
    }

    /// The operators between an input and its users.
    ///
    /// - Parameters:
    ///   - input: the name of the input's layer.
    ///   - shape: of one stamp, which has the axes 1 to 3.
    ///   - taken: names that no operator may have.
    /// - Returns: their entries in the model's configuration, and what the last one gives.
    func operators(of input: String, shape: Shape, taken: Set<String>) -> (layers: [JSONValue], tensor: JSONValue) {
        var writer = Writer(
            shape: shape, axes: scope == .stamp ? [1, 2, 3] : [1, 2], taken: taken,
            pixels: Tensor(name: input, shape: shape, type: Self.floatType))
        let tensor = writer.normalized(by: expression)
        return (writer.layers, tensor.history)
    }

    /// What an operator gives.
    private struct Tensor {
        let name: String
        let shape: Shape
        let type: String

        /// How configurations point at it.
        var history: JSONValue { [.string(name), 0, 0] }

        var argument: JSONValue {
            [
                "class_name": "__keras_tensor__",
                "config": ["shape": shape.kerasValue, "dtype": .string(type), "keras_history": history],
            ]
        }
    }

    private struct Writer {
        let shape: Shape
        let axes: [Int]
        /// What names of operators begin with, and no other.
        let prefix: String
        var pixels: Tensor
        private(set) var layers: [JSONValue] = []
        private var tensors: [PixelExpression: Tensor] = [:]

        init(shape: Shape, axes: [Int], taken: Set<String>, pixels: Tensor) {
            var prefix = "normalize_"
            while taken.contains(where: { $0.hasPrefix(prefix) }) { prefix += "_" }
            (self.shape, self.axes, self.prefix, self.pixels) = (shape, axes, prefix, pixels)
        }

        /// One value for all pixels that are normalised together.
        private var single: Shape {
            Shape(shape.extents.enumerated().map { axes.contains($0.offset + 1) ? 1 : $0.element })
        }

        mutating func normalized(by expression: PixelExpression) -> Tensor {
            pixels = cast(pixels, to: KerasNormalization.doubleType)
            return cast(tensor(of: expression), to: KerasNormalization.floatType)
        }

        private mutating func cast(_ tensor: Tensor, to type: String) -> Tensor {
            append(
                "Cast", [tensor.argument], ["dtype": .string(type)], tensor.shape, type: type,
                module: "keras.src.ops.core")
        }

        private mutating func tensor(of expression: PixelExpression) -> Tensor {
            if let tensor = tensors[expression] { return tensor }
            let tensor = added(expression)
            tensors[expression] = tensor
            return tensor
        }

        private mutating func added(_ expression: PixelExpression) -> Tensor {
            switch expression {
            case .pixels: return pixels
            case .number: preconditionFailure("a number is an operand")
            case .percentile(let percentile):
                return append(
                    "Quantile", [pixels.argument, .number(percentile / 100)],
                    ["axis": .array(axes.map { .integer($0) }), "method": "linear", "keepdims": true], single)
            case .minimum(let operand): return reduced("Min", operand, ["initial": .null])
            case .maximum(let operand): return reduced("Max", operand, ["initial": .null])
            case .sum(let operand): return reduced("Sum", operand)
            case .mean(let operand): return reduced("Mean", operand)
            case .difference(let first, let second): return combined("Subtract", first, second)
            case .product(let first, let second): return combined("Multiply", first, second)
            case .quotient(let first, let second): return combined("TrueDivide", first, second)
            case .larger(let first, let second): return combined("Maximum", first, second)
            case .absolute(let operand): return mapped("Absolute", operand)
            case .squareRoot(let operand): return mapped("Sqrt", operand)
            case .arcsinh(let operand): return mapped("Arcsinh", operand)
            case .clipped(let operand, let least, let largest):
                return mapped("Clip", operand, ["x_min": .number(least), "x_max": .number(largest)])
            case .positive(let value, let other):
                let tensor = tensor(of: value)
                let isPositive = append("Greater", [tensor.argument, 0], [:], tensor.shape, type: "bool")
                return append(
                    "Where", [isPositive.argument, tensor.argument, operand(other).value], [:], tensor.shape)
            case .standardized(let means, let deviations):
                let options: [String: JSONValue] = [
                    "axis": .integers(-1), "invert": false, "mean": .array(means.map { .number($0) }),
                    "variance": .array(deviations.map { .number($0 * $0) }), "trainable": false,
                    "dtype": .string(KerasNormalization.doubleType),
                ]
                return append("Normalization", [pixels.argument], options, shape, module: "keras.layers")
            }
        }

        private mutating func reduced(
            _ name: String, _ operand: PixelExpression, _ options: [String: JSONValue] = [:]
        ) -> Tensor {
            let all = options.merging(["axis": .array(axes.map { .integer($0) }), "keepdims": true]) { $1 }
            return append(name, [tensor(of: operand).argument], all, single)
        }

        private mutating func mapped(
            _ name: String, _ operand: PixelExpression, _ options: [String: JSONValue] = [:]
        ) -> Tensor {
            let tensor = tensor(of: operand)
            return append(name, [tensor.argument], options, tensor.shape)
        }

        /// Numbers stand in the call.
        private mutating func combined(_ name: String, _ first: PixelExpression, _ second: PixelExpression) -> Tensor {
            let (first, second) = (operand(first), operand(second))
            let shapes = [first.shape, second.shape].compactMap(\.self)
            return append(name, [first.value, second.value], [:], shapes.max { $0.count < $1.count } ?? single)
        }

        private mutating func operand(_ expression: PixelExpression) -> (value: JSONValue, shape: Shape?) {
            if case .number(let number) = expression { return (.number(number), nil) }
            let tensor = tensor(of: expression)
            return (tensor.argument, tensor.shape)
        }

        private mutating func append(
            _ className: String, _ arguments: [JSONValue], _ options: [String: JSONValue], _ shape: Shape,
            type: String = KerasNormalization.doubleType, module: String = KerasObject.operatorModule
        ) -> Tensor {
            let name = "\(prefix)\(layers.count + 1)"
            layers.append([
                "module": .string(module), "class_name": .string(className),
                "config": .object(options.merging(["name": .string(name)]) { $1 }),
                "registered_name": module == "keras.layers" ? .null : .string(className), "name": .string(name),
                "inbound_nodes": [["args": .array(arguments), "kwargs": [:]]],
            ])
            return Tensor(name: name, shape: shape, type: type)
        }
    }
}
