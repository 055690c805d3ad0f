import Layers
import Tensors

/// A graph of ONNX operators in the making, as far as layers must know it.
///
/// Maps are (N, channels, height, width), vectors (N, features): axis 1 is always Keras' last axis. Operators are those
/// of the standard operator set, version 17.
public protocol ONNXGraph {
    /// Adds an operator with one output, called `scope/type`, and gives the output's name.
    mutating func append(_ type: String, _ inputs: [String], _ attributes: [ONNXAttribute], in scope: String) -> String
    /// Adds a float32 tensor (a number, when the shape has no extents) and gives its name.
    mutating func constant(_ name: String, shape: [Int], _ values: [Float]) -> String
    /// Adds a vector of integers and gives its name.
    mutating func constant(_ name: String, integers: [Int]) -> String
}

/// An attribute of an operator.
public enum ONNXAttribute: Hashable, Sendable {
    case integer(_ name: String, Int)
    case integers(_ name: String, [Int])
    case float(_ name: String, Float)
}

/// What a layer gives.
///
/// Flattening an NCHW map gives its values in another order than Keras does; the order travels with the value, and the
/// next dense layer's rows are arranged accordingly, so that nothing is moved when the model runs.
public struct ONNXValue: Hashable, Sendable {
    /// The name of the operator's output.
    public var name: String
    /// The shape of one sample, in Keras' order of axes.
    public let shape: Shape
    /// For vectors: value *i* is Keras' feature `order[i]`; nil when they stand as in Keras.
    public var order: [Int]?

    public init(name: String, shape: Shape, order: [Int]? = nil) {
        self.name = name
        self.shape = shape
        self.order = order
    }
}

extension ONNXGraph {
    /// Adds an operator without attributes.
    public mutating func append(_ type: String, _ inputs: [String], in scope: String) -> String {
        append(type, inputs, [], in: scope)
    }

    /// Adds a float32 number and gives its name.
    public mutating func constant(_ name: String, _ value: Float) -> String {
        constant(name, shape: [], [value])
    }

    /// Adds an array that is broadcast over the samples of `input`, whose shape in Keras' order it has but for extents
    /// of 1, and gives its name.
    public mutating func constant(
        _ name: String, _ values: [Float], of shape: Shape, beside input: ONNXValue
    ) -> String {
        guard shape.extents.count > 1 else {
            let order = shape.count == input.shape.count ? input.order : nil
            return constant(
                name, shape: shape.extents,
                order.map { WeightLayout.rows(values, columns: 1, order: $0) } ?? values)
        }
        return constant(
            name, shape: [shape.channels] + shape.extents.dropLast(),
            WeightLayout.channelsFirst(values, window: shape.rows, inputs: 1, outputs: shape.channels))
    }

    /// Values of which those with fewer axes, or extents of 1, are broadcast, as ONNX' operators do it: their features in
    /// one order, and as many axes as the largest has.
    public mutating func broadcastable(_ values: [ONNXValue], in scope: String) -> [ONNXValue] {
        let axes = values.map(\.shape.extents.count).max() ?? 0
        var same: [ONNXValue] = []
        for value in inOneOrder(values, in: scope) {
            let missing = axes - value.shape.extents.count
            guard missing > 0 else {
                same.append(value)
                continue
            }
            // Maps have their channels first, and axes that are missing in Keras' order before all others.
            let extents =
                [0, value.shape.channels] + Array(repeating: 1, count: missing) + value.shape.extents.dropLast()
            let shape = constant("\(scope)/shape", integers: extents)
            same.append(ONNXValue(name: append("Reshape", [value.name, shape], in: scope), shape: value.shape))
        }
        return same
    }

    /// The name of a value in Keras' order of axes and features.
    public mutating func channelsLast(_ value: ONNXValue, in scope: String) -> String {
        let axes = value.shape.extents.count
        guard axes > 1 else { return inKerasOrder(value, in: scope).name }
        return append("Transpose", [value.name], [.integers("perm", [0] + Array(2...axes) + [1])], in: scope)
    }

    /// A value that stands in Keras' order of axes, as other layers take it.
    public mutating func channelsFirst(_ name: String, _ shape: Shape, in scope: String) -> ONNXValue {
        let axes = shape.extents.count
        guard axes > 1 else { return ONNXValue(name: name, shape: shape) }
        let order = [0, axes] + Array(1..<axes)
        return ONNXValue(name: append("Transpose", [name], [.integers("perm", order)], in: scope), shape: shape)
    }

    /// Adds a convolution's kernel, in Keras (height, width, in, out), as (out, in, height, width), and gives its name.
    ///
    /// - Parameter name: of the layer's parameter.
    public mutating func kernel(
        _ name: String = "kernel", of layer: ONNXLayer, window: Extent2D, inputs: Int, outputs: Int
    ) -> String {
        constant(
            "\(layer.name)/\(name)", shape: [outputs, inputs, window.height, window.width],
            WeightLayout.channelsFirst(
                layer.requiredParameter(name), window: window.height * window.width, inputs: inputs, outputs: outputs))
    }

    /// Adds a layer's bias, in a list; an empty one for a layer without.
    public mutating func bias(of layer: ONNXLayer) -> [String] {
        guard let values = layer.parameter("bias") else { return [] }
        return [constant("\(layer.name)/bias", shape: [values.count], values)]
    }

    /// The value with its features as in Keras, moved if they stand otherwise.
    public mutating func inKerasOrder(_ value: ONNXValue, in scope: String) -> ONNXValue {
        guard let order = value.order else { return value }
        var places = order
        for (place, feature) in order.enumerated() { places[feature] = place }
        let indices = constant("\(scope)/order", integers: places)
        return ONNXValue(
            name: append("Gather", [value.name, indices], [.integer("axis", 1)], in: scope), shape: value.shape)
    }

    /// Values whose features stand in one order: as they are if they do, else as in Keras.
    public mutating func inOneOrder(_ values: [ONNXValue], in scope: String) -> [ONNXValue] {
        guard values.contains(where: { $0.order != values[0].order }) else { return values }
        var moved: [ONNXValue] = []
        for value in values { moved.append(inKerasOrder(value, in: scope)) }
        return moved
    }
}
