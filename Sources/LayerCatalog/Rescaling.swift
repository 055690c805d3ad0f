import Layers
import Tensors

/// x·scale + offset with fixed numbers, one for all channels or one for each. `keras.layers.Rescaling`.
public struct RescalingOptions: LayerOptions {
    /// One factor, or one for each channel.
    public var scale: [Float]
    /// One summand, or one for each channel.
    public var offset: [Float]

    public static let storedName = "rescaling"
    public static let kerasClasses = ["Rescaling"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        guard [scale, offset].allSatisfy({ [1, shape.channels].contains($0.count) && $0.allSatisfy(\.isFinite) }) else {
            throw place.fault(
                "it has \(scale.count) scales and \(offset.count) offsets for inputs of shape \(shape)",
                remedy: "use one finite number, or one for each channel")
        }
        func each(_ numbers: [Float]) -> [Float] {
            numbers.count == 1 ? Array(repeating: numbers[0], count: shape.channels) : numbers
        }
        return .layer(
            ChannelRescaling(name: place.layer, inputShape: shape, scale: each(scale), offset: each(offset)))
    }
}

extension LayerKind {
    /// x·scale + offset with fixed numbers, one for all channels or one for each.
    public static func rescaling(scale: [Float], offset: [Float]) -> LayerKind {
        LayerKind(RescalingOptions(scale: scale, offset: offset))
    }
}

// MARK: Keras

extension RescalingOptions {
    public init(keras options: inout KerasOptions) throws {
        self.init(scale: try options.numbers("scale") ?? [1], offset: try options.numbers("offset") ?? [0])
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        func value(_ numbers: [Float]) -> JSONValue {
            let values = numbers.map { JSONValue.number(shortest: $0) }
            return values.count == 1 ? values[0] : .array(values)
        }
        return ["scale": value(scale), "offset": value(offset)]
    }
}

// MARK: ONNX

extension RescalingOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        let ones = Shape(input.shape.extents.dropLast().map { _ in 1 })
        let scale = graph.constant(
            "\(layer.name)/scale", scale, of: Shape(ones.extents + [scale.count]), beside: input)
        let offset = graph.constant(
            "\(layer.name)/offset", offset, of: Shape(ones.extents + [offset.count]), beside: input)
        let scaled = graph.append("Mul", [input.name, scale], in: layer.name)
        return layer.value(graph.append("Add", [scaled, offset], in: layer.name))
    }
}
