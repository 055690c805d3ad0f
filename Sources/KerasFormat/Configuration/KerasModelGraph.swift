import Faults
import LayerCatalog

/// A Sequential or functional model as it stands in a file, read only as far as layers are called by each other.
final class KerasModelGraph {
    /// A layer with all calls of it.
    struct Layer {
        let name: String
        let className: String
        /// The whole object.
        let members: [String: JSONValue]
        let isTrainable: Bool
        /// One for a layer of a Sequential model and for an input, which nobody calls.
        let calls: [KerasCall]
        /// The layers of a model in the place of a layer.
        let graph: KerasModelGraph?

        var isInput: Bool { className == "InputLayer" }
    }

    let isTrainable: Bool
    let layers: [Layer]
    /// The names of the inputs in the order in which the model takes them; one without a name, "", is that of a
    /// Sequential model that has no layer for it.
    let inputs: [String]
    /// The tensors that it gives, each as `[layer, call, output]`.
    let outputs: [JSONValue]
    /// The number of the first call of each model inside: Keras 2 counts from 1 there.
    let firstCalls: [String: Int]
    private let numbers: [String: Int]

    /// Whether no layer is a model and none is called twice.
    var isFlat: Bool { layers.allSatisfy { $0.graph == nil && $0.calls.count <= 1 } }

    /// A layer by name; nil when there is none.
    func layer(named name: String) -> Layer? { numbers[name].map { layers[$0] } }

    /// - Parameter depth: how many models are around it.
    /// - Throws: a `badData` fault for what is no such model.
    init(_ model: KerasObject, at place: KerasPlace, depth: Int = 0) throws {
        guard model.isModel, let values = model.config["layers"]?.array, depth < 32 else {
            throw place.fault(
                "holds a \(model.className), which is neither a Sequential nor a functional model",
                remedy: "build the network with keras.Sequential or keras.Model(inputs, outputs)")
        }
        isTrainable = model.config["trainable"] != false
        let isChain = model.className == "Sequential"
        var last: JSONValue?
        var layers: [Layer] = []
        for value in values {
            let object = try KerasObject(value, at: place)
            guard let name = object.name, !name.isEmpty, !name.contains("/") else {
                throw place.damaged("has a \(object.className) layer without a proper name")
            }
            let isInput = object.className == "InputLayer"
            var calls = (object.members["inbound_nodes"]?.array ?? []).map(KerasCall.init)
            if isChain || (isInput && calls.isEmpty) { calls = [KerasCall(with: isInput ? nil : last ?? ["", 0, 0])] }
            last = [.string(name), 0, 0]
            layers.append(
                Layer(
                    name: name, className: object.className, members: object.members,
                    isTrainable: object.config["trainable"] != false, calls: calls,
                    graph: object.isModel ? try KerasModelGraph(object, at: place, depth: depth + 1) : nil))
        }
        self.layers = layers
        numbers = Dictionary(layers.enumerated().map { ($1.name, $0) }) { first, _ in first }
        if isChain {
            inputs = [layers.first.map { $0.isInput ? $0.name : "" } ?? ""]
            outputs = last.map { [$0] } ?? []
            firstCalls = [:]
        } else {
            inputs = Self.histories(model.config["input_layers"]).compactMap { $0.array?.first?.string }
            outputs = Self.histories(model.config["output_layers"])
            firstCalls = Self.firstCalls(of: layers, outputs)
        }
    }

    /// Tensors in the form of `input_layers`: one, or some in lists or by name.
    private static func histories(_ value: JSONValue?) -> [JSONValue] {
        guard let value else { return [] }
        let values = value.object.map { $0.sorted { $0.key < $1.key }.map(\.value) } ?? value.array ?? []
        return values.first?.string != nil ? [value] : values.flatMap(histories)
    }

    /// The number that the first call of each model inside has: 1 where as many calls as there are, are counted from
    /// it.
    private static func firstCalls(of layers: [Layer], _ outputs: [JSONValue]) -> [String: Int] {
        var numbers: [String: Set<Int>] = [:]
        for history in layers.flatMap(\.calls).flatMap(\.tensors) + outputs {
            guard let name = history.array?.first?.string, let number = history.array?.dropFirst().first?.integer else {
                continue
            }
            numbers[name, default: []].insert(number)
        }
        var firsts: [String: Int] = [:]
        for layer in layers where layer.graph != nil {
            if numbers[layer.name]?.contains(0) != true, numbers[layer.name]?.max() == layer.calls.count {
                firsts[layer.name] = 1
            }
        }
        return firsts
    }
}

/// One call of a layer, in the words of Keras 3.
struct KerasCall {
    /// `{"args": […], "kwargs": {…}}`.
    let node: JSONValue

    init(_ node: JSONValue) { self.node = node }

    /// A call with one tensor, or none.
    init(with history: JSONValue?) {
        let tensor = history.map { ["class_name": "__keras_tensor__", "config": ["keras_history": $0]] as JSONValue }
        node = ["args": .array(tensor.map { [$0] } ?? []), "kwargs": [:]]
    }

    /// The tensors that it is called with, each as `[layer, call, output]`.
    var tensors: [JSONValue] { Self.histories(node.object?["args"] ?? .null) }

    /// Whether it is called as in inference, even in training.
    var isInference: Bool { node.object?["kwargs"]?.object?["training"] == false }

    private static func histories(_ value: JSONValue) -> [JSONValue] {
        if let values = value.array { return values.flatMap(histories) }
        guard let members = value.object else { return [] }
        if let history = members["config"]?.object?["keras_history"] { return [history] }
        return members.sorted { $0.key < $1.key }.flatMap { histories($0.value) }
    }
}
