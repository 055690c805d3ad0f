import Faults
import LayerCatalog
import Models
import Tensors

extension NetworkDescription {
    /// The text that `keras.models.model_from_json` reads, as `model.to_json()` gives it: a chain of layers as a
    /// Sequential model, anything else as a functional one. Equal descriptions give equal texts.
    ///
    /// - Throws: a fault when the network does not work, or has what Keras can only express as code.
    public func kerasJSON() throws -> String { try Network(self).kerasConfiguration().text() }

    /// Whether each layer is fed by the one before it and by nothing else, has parameters of its own, and is no operator.
    var isChain: Bool {
        layers.first?.inputs == [] && !layers.contains { $0.sharedWith != nil || $0.isOperator }
            && zip(layers, layers.dropFirst()).allSatisfy { $1.inputs == [$0.name] }
    }

    /// The layers in the order in which Keras keeps them once it has read the model.
    func layersInKerasOrder() throws -> [LayerDescription] {
        guard let output = layers.last?.name, !isChain else { return layers }
        return try KerasGraph.sorted(layers, output: output, at: KerasPlace(file: name))
    }
}

extension Network {
    /// The model as Keras serialises it.
    ///
    /// - Parameter normalization: what is done with stamps first; nil for nothing.
    func kerasConfiguration(_ normalization: KerasNormalization? = nil) throws -> JSONValue {
        // A Sequential model has no place for operators.
        let isChain = description.isChain && normalization == nil
        var shapes: [String: Shape] = [:]
        for node in nodes { shapes[node.name] = node.outputShape }
        let ordered = try description.layersInKerasOrder()
        var calls = KerasCalls(ordered)
        let inputTensors = description.layers.filter { $0.kind.entry.inputCount == .none }
            .map { calls.tensor(of: $0.name) }
        var operators: [JSONValue] = []
        if let normalization {
            let stamps = nodes[stampsNode]
            let normalized = normalization.operators(
                of: stamps.name, shape: stamps.outputShape, taken: Set(ordered.map(\.name)))
            operators = normalized.layers
            calls.replace(stamps.name, by: normalized.tensor)
        }
        let layers = try calls.layers.map { layer in
            var members = try layer.kerasObject()
            if !isChain {
                members["name"] = .string(layer.name)
                members["inbound_nodes"] = .array(
                    calls.calls(of: layer).flatMap { $0.kerasCalls(shapes, calls) })
            }
            return JSONValue.object(members)
        }
        var config: [String: JSONValue] = [
            "name": .string(description.name), "trainable": true, "layers": .array(layers + operators),
        ]
        if isChain {
            config["build_input_shape"] = inputShape.kerasValue
        } else if let output = description.layers.last?.name {
            config["input_layers"] = inputTensors.count == 1 ? inputTensors[0] : .array(inputTensors)
            config["output_layers"] = calls.tensor(of: output)
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
        var options = try kind.options.kerasOptions(of: name).merging(parameters.kerasOptions(of: kind.entry)) { $1 }
        options["name"] = .string(name)
        if !isOperator {
            options["dtype"] = "float32"
            if kind.entry.hasTrainableOption { options["trainable"] = .boolean(isTrainable) }
        }
        // Keras looks up classes outside of its public modules by both names.
        let className = JSONValue.string(kind.options.kerasClass), module = kind.options.writtenKerasModule
        return [
            "module": .string(module), "class_name": className, "config": .object(options),
            "registered_name": module == "keras.layers" ? .null : className,
        ]
    }

    /// Whether Keras has an operator in the layer's place.
    fileprivate var isOperator: Bool { KerasObject.isOperatorModule(kind.options.writtenKerasModule) }

    /// How the layer is called: once, with a tensor for each input.
    fileprivate func kerasCalls(_ shapes: [String: Shape], _ calls: KerasCalls) -> [JSONValue] {
        if inputs.isEmpty { return [] }
        let tensors = inputs.map { input -> JSONValue in
            let shape = shapes[input]?.kerasValue ?? .null
            return [
                "class_name": "__keras_tensor__",
                "config": ["shape": shape, "dtype": "float32", "keras_history": calls.tensor(of: input)],
            ]
        }
        return [["args": .array(kind.options.kerasArguments(tensors)), "kwargs": [:]]]
    }
}

/// Layers that share parameters as the calls of one, which is how Keras has them.
private struct KerasCalls {
    /// The layers, each once.
    private(set) var layers: [LayerDescription] = []
    private var groups: [String: [LayerDescription]] = [:]
    private var tensors: [String: JSONValue] = [:]

    /// - Parameter ordered: the layers in Keras' order.
    init(_ ordered: [LayerDescription]) {
        for layer in ordered {
            let owner = layer.parameterOwner
            if groups[owner] == nil {
                var named = layer
                named.name = owner
                layers.append(named)
            }
            tensors[layer.name] = [.string(owner), .integer(groups[owner, default: []].count), 0]
            groups[owner, default: []].append(layer)
        }
    }

    /// The layers that a layer stands for.
    func calls(of layer: LayerDescription) -> [LayerDescription] { groups[layer.name] ?? [] }

    /// Gives the users of a layer another tensor.
    mutating func replace(_ layer: String, by tensor: JSONValue) { tensors[layer] = tensor }

    /// What a layer gave: its name, the number of the call, the output.
    func tensor(of layer: String) -> JSONValue { tensors[layer] ?? [.string(layer), 0, 0] }
}
