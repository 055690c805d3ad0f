import Layers
import Tensors

/// The mean, sum, maximum or minimum over some axes. `keras.ops.mean`, `sum`, `max` and `min`.
public struct ReductionOptions: LayerOptions {
    public var statistic: Reduction.Statistic
    /// The axes as Keras counts them, from 1 for the first of a sample, or from −1 backwards.
    public var axes: [Int]
    /// Whether the result has extents of 1 in their place.
    public var keepDimensions: Bool

    public static let storedName = "reduction"
    public static let kerasClasses = ["Mean", "Sum", "Max", "Min"]
    public static let kerasModule = KerasObject.operatorModule

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        let reduced = try place.sampleAxes(axes)
        guard keepDimensions || reduced.count < shape.extents.count else {
            throw place.fault("it leaves no axis of \(shape)", remedy: "keep its dimensions (keepdims=True)")
        }
        let pooling: GlobalPooling2D.Statistic? =
            switch statistic {
            case .mean: .mean
            case .maximum: .maximum
            case .sum, .minimum: nil
            }
        // Over all pixels of a map that is what a layer of its own does.
        if let pooling, shape.extents.count == 3, reduced.sorted() == [0, 1] {
            return .layer(
                GlobalPooling2D(
                    name: place.layer, inputShape: shape, statistic: pooling, keepsDimensions: keepDimensions))
        }
        return .layer(
            Reduction(
                name: place.layer, inputShape: shape, statistic: statistic, axes: reduced,
                keepsDimensions: keepDimensions))
    }
}

extension LayerKind {
    /// The mean, sum, maximum or minimum over some axes, as Keras counts them.
    public static func reduction(
        _ statistic: Reduction.Statistic, axes: [Int], keepDimensions: Bool = false
    ) -> LayerKind {
        LayerKind(ReductionOptions(statistic: statistic, axes: axes, keepDimensions: keepDimensions))
    }
}

// MARK: Keras

extension ReductionOptions {
    public init(keras options: inout KerasOptions) throws {
        let statistic: Reduction.Statistic =
            switch options.className {
            case "Sum": .sum
            case "Max", "Amax": .maximum
            case "Min", "Amin": .minimum
            default: .mean
            }
        let axes = try options.axes(default: [0])
        guard !axes.contains(0) else {
            throw options.place.fault(
                "reduces the axis of the samples, which is not supported", remedy: "name the other axes")
        }
        self.init(
            statistic: statistic, axes: axes, keepDimensions: try options.boolean("keepdims", default: false))
    }

    public var kerasClass: String {
        switch statistic {
        case .mean: "Mean"
        case .sum: "Sum"
        case .maximum: "Max"
        case .minimum: "Min"
        }
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        ["axis": axes.kerasAxes, "keepdims": .boolean(keepDimensions)]
    }
}

// MARK: ONNX

extension ReductionOptions {
    /// In Keras' order of axes, of which some go.
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        let axes = ONNXAxes(axes, of: input.shape).places.map { $0 + 1 }
        let name = graph.channelsLast(input, in: layer.name)
        let keeps = ONNXAttribute.integer("keepdims", keepDimensions ? 1 : 0)
        let type =
            switch statistic {
            case .mean: "ReduceMean"
            case .sum: "ReduceSum"
            case .maximum: "ReduceMax"
            case .minimum: "ReduceMin"
            }
        // Of these only the sum has its axes as an operand in version 17.
        let reduced =
            statistic == .sum
            ? graph.append(type, [name, graph.constant("\(layer.name)/axes", integers: axes)], [keeps], in: layer.name)
            : graph.append(type, [name], [.integers("axes", axes), keeps], in: layer.name)
        return graph.channelsFirst(reduced, layer.outputShape, in: layer.name)
    }
}
