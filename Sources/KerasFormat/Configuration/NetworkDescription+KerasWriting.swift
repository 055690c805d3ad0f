import Faults
import Layers
import Models
import Tensors

extension NetworkDescription {
    /// The text that `keras.models.model_from_json` reads, as `model.to_json()` gives it: a chain of layers as a
    /// Sequential model, anything else as a functional one. Equal descriptions give equal texts.
    ///
    /// - Throws: a fault when the network does not work, or has what Keras can only express as code.
    public func kerasJSON() throws -> String { try Network(self).kerasConfiguration().text() }

    /// Whether each layer is fed by the one before it and by nothing else.
    var isChain: Bool {
        layers.first?.inputs == [] && zip(layers, layers.dropFirst()).allSatisfy { $1.inputs == [$0.name] }
    }

    /// The layers in the order in which Keras keeps them once it has read the model.
    func layersInKerasOrder() throws -> [LayerDescription] {
        guard let output = layers.last?.name, !isChain else { return layers }
        return try KerasGraph.sorted(layers, output: output, at: KerasPlace(file: name))
    }
}

extension Network {
    /// The model as Keras serialises it.
    func kerasConfiguration() throws -> JSONValue {
        let isChain = description.isChain
        var shapes: [String: Shape] = [:]
        for node in nodes { shapes[node.name] = node.outputShape }
        let layers = try description.layersInKerasOrder().map { layer in
            var members = try layer.kerasObject()
            if !isChain {
                members["name"] = .string(layer.name)
                members["inbound_nodes"] = .array(layer.kerasCalls(shapes))
            }
            return JSONValue.object(members)
        }
        var config: [String: JSONValue] = [
            "name": .string(description.name), "trainable": true, "layers": .array(layers),
        ]
        if isChain {
            config["build_input_shape"] = inputShape.kerasValue
        } else if let input = description.layers.first?.name, let output = description.layers.last?.name {
            config["input_layers"] = [.string(input), 0, 0]
            config["output_layers"] = [.string(output), 0, 0]
        }
        return [
            "module": isChain ? "keras" : "keras.src.models.functional",
            "class_name": isChain ? "Sequential" : "Functional", "config": .object(config), "registered_name": .null,
        ]
    }
}

extension LayerDescription {
    /// The layer alone, without its place in the network.
    fileprivate func kerasObject() throws -> [String: JSONValue] {
        guard !name.contains("/") else {
            throw Fault(
                .badData, "layer \(name)", "Keras has no layer names with a slash", remedy: "give it another name")
        }
        var (className, options) = try kind.kerasOptions(of: name)
        options["name"] = .string(name)
        options["dtype"] = "float32"
        if className != "InputLayer" { options["trainable"] = true }
        return [
            "module": "keras.layers", "class_name": .string(className), "config": .object(options),
            "registered_name": .null,
        ]
    }

    /// How the layer is called: once, with a tensor for each input.
    fileprivate func kerasCalls(_ shapes: [String: Shape]) -> [JSONValue] {
        if inputs.isEmpty { return [] }
        let tensors = inputs.map { input -> JSONValue in
            let shape = shapes[input]?.kerasValue ?? .null
            return [
                "class_name": "__keras_tensor__",
                "config": ["shape": shape, "dtype": "float32", "keras_history": [.string(input), 0, 0]],
            ]
        }
        let takesList =
            switch kind {
            case .add, .concatenate: true
            default: false
            }
        return [["args": [takesList ? .array(tensors) : tensors[0]], "kwargs": [:]]]
    }
}

extension Shape {
    /// The shape of a batch of any size.
    fileprivate var kerasValue: JSONValue { .array([.null] + extents.map { .integer($0) }) }
}

extension LayerKind {
    /// The Keras class, and its options but for the ones that all layers have.
    fileprivate func kerasOptions(of name: String) throws -> (className: String, options: [String: JSONValue]) {
        let options: [String: JSONValue]
        switch self {
        case .input(let shape):
            options = ["batch_shape": shape.kerasValue, "sparse": false, "ragged": false]
        case .dense(let units, let activation, let useBias):
            options = [
                "units": .integer(units), "activation": try activation.kerasValue(of: name),
                "use_bias": .boolean(useBias),
            ]
        case .convolution2D(let filters, let kernelSize, let strides, let padding, let activation, let useBias):
            options = [
                "filters": .integer(filters), "kernel_size": kernelSize.kerasValue, "strides": strides.kerasValue,
                "padding": .string(padding.rawValue), "data_format": "channels_last", "dilation_rate": [1, 1],
                "groups": 1, "activation": try activation.kerasValue(of: name), "use_bias": .boolean(useBias),
            ]
        case .zeroPadding2D(let top, let bottom, let left, let right):
            options = [
                "padding": [.integers(top, bottom), .integers(left, right)], "data_format": "channels_last",
            ]
        case .maxPooling2D(let poolSize, let strides, let padding),
            .averagePooling2D(let poolSize, let strides, let padding):
            options = [
                "pool_size": poolSize.kerasValue, "strides": strides.kerasValue, "padding": .string(padding.rawValue),
                "data_format": "channels_last",
            ]
        case .globalAveragePooling2D(let keepDimensions), .globalMaxPooling2D(let keepDimensions):
            options = ["data_format": "channels_last", "keepdims": .boolean(keepDimensions)]
        case .batchNormalization(let momentum, let epsilon, let center, let scale):
            options = [
                "axis": -1, "momentum": .number(shortest: momentum), "epsilon": .number(shortest: epsilon),
                "center": .boolean(center), "scale": .boolean(scale),
            ]
        case .activation(let function):
            if !function.hasKerasName, let layer = function.kerasLayer { return layer }
            options = ["activation": try function.kerasValue(of: name)]
        case .dropout(let rate): options = ["rate": .number(shortest: rate), "seed": .null, "noise_shape": .null]
        case .flatten: options = ["data_format": "channels_last"]
        case .add: options = [:]
        case .concatenate: options = ["axis": -1]
        }
        return (kerasName, options)
    }
}

extension Extent2D {
    fileprivate var kerasValue: JSONValue { .integers(height, width) }
}
