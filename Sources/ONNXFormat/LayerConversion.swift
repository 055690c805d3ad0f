import Layers
import Models
import Tensors

/// Turns the layers of a network into ONNX nodes, one after another.
///
/// Maps are (N, channels, height, width), vectors (N, features): axis 1 is always Keras' last axis. Flattening such a map
/// gives its values in another order than Keras does; the order travels with the value, and the next dense layer's rows are
/// arranged accordingly, so that nothing is moved when the model runs.
struct LayerConversion {
    /// What a layer gives.
    struct Value {
        var name: String
        let shape: Shape
        /// For vectors: value *i* is Keras' feature `order[i]`; nil when they stand as in Keras.
        var order: [Int]?
    }

    var graph: GraphBuilder
    private let input: String
    private let output: String
    private let weights: Weights
    private let parameters: [String: Network.Parameter]
    private let shapes: [String: Shape]
    /// What the layers so far give, by their names.
    private var values: [String: Value] = [:]
    private var last = Value(name: "", shape: [])

    /// - Parameters:
    ///   - input: the name of the graph's input.
    ///   - output: the name of the graph's output.
    init(_ model: TrainedModel, input: String, output: String) {
        self.input = input
        self.output = output
        graph = GraphBuilder(reserved: [input, output])
        weights = model.weights
        parameters = Dictionary(uniqueKeysWithValues: model.network.parameters.map { ($0.name, $0) })
        // An activation that runs as a node of its own has its layer's name and shape.
        shapes = Dictionary(model.network.nodes.map { ($0.name, $0.outputShape) }) { first, _ in first }
    }

    /// Adds the next layer of the network.
    mutating func append(_ layer: LayerDescription) {
        let inputs = layer.inputs.map { value(of: $0) }
        var result = Value(name: "", shape: outputShape(layer), order: inputs.first?.order)
        switch layer.kind {
        case .input: result.name = channelsFirst(layer)
        case .dense(_, let activation, _): result = dense(layer, inputs[0], activation)
        case .convolution2D(_, let kernelSize, let strides, let padding, let activation, _):
            let window = Window(inputs[0].shape, outputShape(layer), kernelSize, strides, padding)
            result.name = convolution(layer, inputs[0], window, activation)
        case .zeroPadding2D(let top, let bottom, let left, let right):
            let pads = graph.constant("\(layer.name)/pads", integers: [0, 0, top, left, 0, 0, bottom, right])
            result.name = graph.append("Pad", [inputs[0].name, pads], in: layer.name)
        case .maxPooling2D(let poolSize, let strides, let padding):
            let window = Window(inputs[0].shape, outputShape(layer), poolSize, strides, padding)
            result.name = graph.append("MaxPool", [inputs[0].name], window.attributes, in: layer.name)
        case .averagePooling2D(let poolSize, let strides, let padding):
            let window = Window(inputs[0].shape, outputShape(layer), poolSize, strides, padding)
            result.name = graph.append(
                "AveragePool", [inputs[0].name], window.attributes + [.integer("count_include_pad", 0)], in: layer.name)
        case .globalAveragePooling2D(let keepDimensions):
            result.name = globalPooling("GlobalAveragePool", layer, inputs[0], keepDimensions)
        case .globalMaxPooling2D(let keepDimensions):
            result.name = globalPooling("GlobalMaxPool", layer, inputs[0], keepDimensions)
        case .batchNormalization(_, let epsilon, _, _): result.name = batchNormalization(layer, inputs[0], epsilon)
        case .activation(let function): result.name = activation(function, inputs[0].name, in: layer.name)
        case .dropout: result.name = inputs[0].name
        case .flatten: result = flatten(layer, inputs[0])
        case .add: result = add(layer, inputs)
        case .concatenate: result = concatenate(layer, inputs)
        }
        values[layer.name] = result
        last = result
    }

    /// The graph, with the last layer's value as its output.
    mutating func finish() -> ONNXGraphProto {
        graph.rename(inKerasOrder(last, in: output).name, to: output)
        return graph.graph
    }

    // MARK: Layers

    /// The stamps as NCHW maps; for one channel that is another shape of the same values.
    private mutating func channelsFirst(_ layer: LayerDescription) -> String {
        let extents = outputShape(layer).extents
        guard extents[2] == 1 else {
            return graph.append("Transpose", [input], [.integers("perm", [0, 3, 1, 2])], in: layer.name)
        }
        // 0: as many samples as there are.
        let shape = graph.constant("\(layer.name)/shape", integers: [0, 1, extents[0], extents[1]])
        return graph.append("Reshape", [input, shape], in: layer.name)
    }

    /// Over the last axis: of maps, as a convolution with a window of one pixel.
    private mutating func dense(_ layer: LayerDescription, _ input: Value, _ function: ActivationFunction) -> Value {
        let (inputs, outputs) = (input.shape.channels, outputShape(layer).channels)
        let kernel = requiredParameter("kernel", of: layer)
        let isMap = input.shape.extents.count == 3
        let (layout, shape) =
            if isMap {
                (
                    WeightLayout.channelsFirst(kernel, window: 1, inputs: inputs, outputs: outputs),
                    [outputs, inputs, 1, 1]
                )
            } else {
                (
                    input.order.map { WeightLayout.rows(kernel, columns: outputs, order: $0) } ?? kernel,
                    [inputs, outputs]
                )
            }
        let operands = [input.name, graph.constant("\(layer.name)/kernel", shape: shape, layout)] + bias(layer)
        let attributes: [ONNXAttributeProto] = isMap ? [.integers("kernel_shape", [1, 1])] : []
        let sums = graph.append(isMap ? "Conv" : "Gemm", operands, attributes, in: layer.name)
        return Value(name: activation(function, sums, in: layer.name), shape: outputShape(layer))
    }

    private mutating func convolution(
        _ layer: LayerDescription, _ input: Value, _ window: Window, _ function: ActivationFunction
    ) -> String {
        let (inputs, outputs) = (input.shape.channels, outputShape(layer).channels)
        let layout = WeightLayout.channelsFirst(
            requiredParameter("kernel", of: layer), window: window.size.height * window.size.width, inputs: inputs,
            outputs: outputs)
        let kernel = graph.constant(
            "\(layer.name)/kernel", shape: [outputs, inputs, window.size.height, window.size.width], layout)
        let sums = graph.append("Conv", [input.name, kernel] + bias(layer), window.attributes, in: layer.name)
        return activation(function, sums, in: layer.name)
    }

    /// With the moving statistics: γ·(x − μ)/√(σ² + ε) + β.
    private mutating func batchNormalization(_ layer: LayerDescription, _ input: Value, _ epsilon: Float) -> String {
        let channels = input.shape.channels
        let names = ["gamma", "beta", "moving_mean", "moving_variance"]
        let operands = zip(names, [1, 0, 0, 1] as [Float]).map { name, neutral in
            let values = parameter(name, of: layer) ?? Array(repeating: neutral, count: channels)
            return graph.constant(
                "\(layer.name)/\(name)", shape: [channels],
                input.order.map { WeightLayout.rows(values, columns: 1, order: $0) } ?? values)
        }
        return graph.append(
            "BatchNormalization", [input.name] + operands, [.float("epsilon", epsilon)], in: layer.name)
    }

    private mutating func globalPooling(
        _ type: String, _ layer: LayerDescription, _ input: Value, _ keepDimensions: Bool
    ) -> String {
        let pooled = graph.append(type, [input.name], in: layer.name)
        return keepDimensions ? pooled : graph.append("Flatten", [pooled], [.integer("axis", 1)], in: layer.name)
    }

    private mutating func flatten(_ layer: LayerDescription, _ input: Value) -> Value {
        guard input.shape.extents.count > 1 else { return input }
        return Value(
            name: graph.append("Flatten", [input.name], [.integer("axis", 1)], in: layer.name),
            shape: outputShape(layer),
            order: WeightLayout.flattenedOrder(of: input.shape))
    }

    private mutating func add(_ layer: LayerDescription, _ inputs: [Value]) -> Value {
        var inputs = inputs
        if inputs.contains(where: { $0.order != inputs[0].order }) {
            for index in inputs.indices { inputs[index] = inKerasOrder(inputs[index], in: layer.name) }
        }
        var sum = inputs[0].name
        for input in inputs.dropFirst() { sum = graph.append("Add", [sum, input.name], in: layer.name) }
        return Value(name: sum, shape: outputShape(layer), order: inputs[0].order)
    }

    private mutating func concatenate(_ layer: LayerDescription, _ inputs: [Value]) -> Value {
        var order: [Int]?
        if inputs.contains(where: { $0.order != nil }) {
            var features: [Int] = []
            for input in inputs {
                let first = features.count
                features += (input.order ?? Array(0..<input.shape.count)).map { first + $0 }
            }
            order = features
        }
        return Value(
            name: graph.append("Concat", inputs.map(\.name), [.integer("axis", 1)], in: layer.name),
            shape: outputShape(layer), order: order)
    }

    /// The value with its features as in Keras, moved if they stand otherwise.
    private mutating func inKerasOrder(_ value: Value, in scope: String) -> Value {
        guard let order = value.order else { return value }
        var places = order
        for (place, feature) in order.enumerated() { places[feature] = place }
        let indices = graph.constant("\(scope)/order", integers: places)
        return Value(
            name: graph.append("Gather", [value.name, indices], [.integer("axis", 1)], in: scope), shape: value.shape)
    }

    // MARK: The network

    private func outputShape(_ layer: LayerDescription) -> Shape {
        guard let shape = shapes[layer.name] else { preconditionFailure("the network has no \(layer.name)") }
        return shape
    }

    private func value(of layer: String) -> Value {
        guard let value = values[layer] else { preconditionFailure("\(layer) comes after its user") }
        return value
    }

    private mutating func bias(_ layer: LayerDescription) -> [String] {
        guard let values = parameter("bias", of: layer) else { return [] }
        return [graph.constant("\(layer.name)/bias", shape: [values.count], values)]
    }

    /// A layer's parameter in Keras' layout; nil when it has none of this name.
    private func parameter(_ name: String, of layer: LayerDescription) -> [Float]? {
        parameters["\(layer.name)/\(name)"].map { weights.values($0) }
    }

    private func requiredParameter(_ name: String, of layer: LayerDescription) -> [Float] {
        guard let values = parameter(name, of: layer) else {
            preconditionFailure("\(layer.name) has no \(name)")
        }
        return values
    }
}
