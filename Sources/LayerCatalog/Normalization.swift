import Layers
import Tensors

/// Values brought to mean 0 and variance 1 by numbers that training leaves as they are. `keras.layers.Normalization`.
public struct NormalizationOptions: LayerOptions {
    /// The axes along which each place has a mean of its own, as Keras counts them; none for one mean of all.
    public var axes: [Int]
    /// Whether the layer takes normalised values and gives what they were.
    public var invert: Bool
    /// The mean of each place; nil when it is a value of the model.
    public var mean: [Float]?
    /// The variance of each place; nil when it is a value of the model.
    public var variance: [Float]?

    public static let storedName = "normalization"
    public static let kerasClasses = ["Normalization"]
    public static let kerasVariables = ["mean", "variance", "count"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        let kept = axes.isEmpty ? [] : try place.sampleAxes(axes)
        let places = kept.reduce(1) { $0 * shape.extents[$1] }
        guard (mean == nil) == (variance == nil),
            [mean, variance].allSatisfy({ numbers in
                numbers.map { [1, places].contains($0.count) && $0.allSatisfy(\.isFinite) } ?? true
            }), variance?.allSatisfy({ $0 >= 0 }) ?? true
        else {
            throw place.fault(
                "its mean and variance do not fit inputs of shape \(shape)",
                remedy: "give both, a finite number for all or for each place along its axes, variances at least 0")
        }
        func each(_ numbers: [Float]) -> [Float] {
            numbers.count == 1 ? Array(repeating: numbers[0], count: places) : numbers
        }
        return .layer(
            FixedNormalization(
                name: place.layer, inputShape: shape, axes: kept, isInverse: invert,
                constants: mean.map { (each($0), each(variance!)) }))
    }
}

extension LayerKind {
    /// Values brought to mean 0 and variance 1 by numbers of the model.
    public static func normalization(axes: [Int] = [-1], invert: Bool = false) -> LayerKind {
        LayerKind(NormalizationOptions(axes: axes, invert: invert))
    }

    /// Values brought to mean 0 and variance 1 by these numbers.
    public static func normalization(
        axes: [Int] = [-1], invert: Bool = false, mean: [Float], variance: [Float]
    ) -> LayerKind {
        LayerKind(NormalizationOptions(axes: axes, invert: invert, mean: mean, variance: variance))
    }
}

// MARK: Keras

extension NormalizationOptions {
    public init(keras options: inout KerasOptions) throws {
        self.init(
            axes: try options.axes(default: []), invert: try options.boolean("invert", default: false),
            mean: try options.numbers("mean"), variance: try options.numbers("variance"))
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        func value(_ numbers: [Float]?) -> JSONValue {
            guard let values = numbers?.map({ JSONValue.number(shortest: $0) }) else { return .null }
            return values.count == 1 ? values[0] : .array(values)
        }
        return [
            "axis": axes.isEmpty ? .null : .array(axes.map { .integer($0) }), "invert": .boolean(invert),
            "mean": value(mean), "variance": value(variance),
        ]
    }
}

// MARK: ONNX

extension NormalizationOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        let extents = input.shape.extents
        let kept = Set(axes.map { $0 > 0 ? $0 - 1 : extents.count + $0 })
        let shape = Shape(extents.enumerated().map { kept.contains($0) ? $1 : 1 })
        func each(_ numbers: [Float]) -> [Float] {
            numbers.count == 1 ? Array(repeating: numbers[0], count: shape.count) : numbers
        }
        let mean = graph.constant(
            "\(layer.name)/mean", each(mean ?? layer.requiredParameter("mean")), of: shape, beside: input)
        let deviations = each(variance ?? layer.requiredParameter("variance")).map { max($0.squareRoot(), 1e-7) }
        let deviation = graph.constant("\(layer.name)/deviation", deviations, of: shape, beside: input)
        let (first, second) = invert ? (("Mul", deviation), ("Add", mean)) : (("Sub", mean), ("Div", deviation))
        let moved = graph.append(first.0, [input.name, first.1], in: layer.name)
        return layer.value(graph.append(second.0, [moved, second.1], in: layer.name))
    }
}
