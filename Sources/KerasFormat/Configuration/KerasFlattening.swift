import Faults
import LayerCatalog

/// Writes out the models inside of a model, and each call of a layer that is called several times, as single layers.
///
/// Layers keep their names where they can.
struct KerasFlattening {
    /// A model in which every layer is called once.
    struct Model {
        /// In the words of Keras 3.
        let configuration: JSONValue
        /// The layers as they were.
        let members: [KerasMember]
        /// For each call of a layer but the first, the name of the first one, whose parameters it has.
        let owners: [String: String]
    }

    /// One call of a model, with tensors of its own for its inputs.
    private struct Instance {
        let graph: KerasModelGraph
        /// The names of the models around its layers.
        let path: [String]
        let isTrainable: Bool
        /// Whether it is called as in inference even in training.
        let isInference: Bool
        /// What feeds it, in the instance around it; nil for the whole model.
        let outer: (instance: Int, tensors: [JSONValue])?
    }

    /// One call of one layer.
    private struct Call: Hashable {
        let instance: Int
        let layer: String
        let number: Int
    }

    private let file: KerasPlace
    private var instances: [Instance] = []
    /// The instances that stand in the place of layers.
    private var inner: [Call: Int] = [:]
    /// The names of layers once all is written out, in the order of the layers.
    private var names: [Call: String] = [:]
    private var calls: [Call] = []
    /// The first call of each layer, by the names of the models around it and its own.
    private var firstNames: [[String]: String] = [:]
    private var owners: [String: String] = [:]
    private var usedNames: Set<String> = []

    /// Models inside of models, one in another.
    private static let deepest = 32
    private static let mostCalls = 1 << 16

    private init(file: KerasPlace) { self.file = file }

    /// - Parameter value: the model in the words of Keras 3.
    /// - Throws: a `badData` fault for a configuration that is damaged.
    static func model(_ value: JSONValue, at place: KerasPlace) throws -> Model {
        let graph = try KerasModelGraph(KerasObject(value, at: place), at: place)
        var flattening = KerasFlattening(file: place)
        flattening.usedNames = Set(graph.layers.map(\.name))
        guard flattening.usedNames.count == graph.layers.count else {
            throw place.damaged("has two layers of one name")
        }
        try flattening.enter(
            Instance(graph: graph, path: [], isTrainable: graph.isTrainable, isInference: false, outer: nil))
        return Model(
            configuration: graph.isFlat ? value : try flattening.configuration(value),
            members: flattening.members(of: 0), owners: flattening.owners)
    }

    // MARK: Names

    /// Names the layers of an instance, call by call, and those of instances in it.
    private mutating func enter(_ instance: Instance) throws {
        guard instance.path.count <= Self.deepest else { throw file.damaged("has models inside of models without end") }
        let number = instances.count
        instances.append(instance)
        for layer in instance.graph.layers {
            for (index, call) in layer.calls.enumerated() {
                let place = Call(instance: number, layer: layer.name, number: index)
                if let graph = layer.graph {
                    inner[place] = instances.count
                    try enter(
                        Instance(
                            graph: graph, path: instance.path + [layer.name],
                            isTrainable: instance.isTrainable && graph.isTrainable,
                            isInference: instance.isInference || call.isInference,
                            outer: (number, call.tensors)))
                } else if !(layer.isInput && instance.outer != nil) {
                    try name(place, layer, instance)
                }
            }
        }
    }

    private mutating func name(_ call: Call, _ layer: KerasModelGraph.Layer, _ instance: Instance) throws {
        guard calls.count < Self.mostCalls else { throw file.damaged("has more than \(Self.mostCalls) layers") }
        let key = instance.path + [layer.name]
        let first = firstNames[key]
        let name: String
        if first == nil, instance.path.isEmpty {
            name = layer.name
        } else {
            name = unusedName(first ?? layer.name, inside: first == nil ? instance.path.last : nil)
        }
        usedNames.insert(name)
        if let first { owners[name] = first } else { firstNames[key] = name }
        names[call] = name
        calls.append(call)
    }

    /// The name itself, with that of the model before it, or with a number.
    private func unusedName(_ name: String, inside model: String?) -> String {
        if let model {
            for candidate in [name, "\(model)_\(name)"] where !usedNames.contains(candidate) { return candidate }
        }
        var number = 2
        while usedNames.contains("\(name)_\(number)") { number += 1 }
        return "\(name)_\(number)"
    }

    /// The layers of an instance as they were, with the names that they have now.
    private func members(of number: Int) -> [KerasMember] {
        let instance = instances[number]
        return instance.graph.layers.compactMap { layer in
            let isTrainable = instance.isTrainable && layer.isTrainable
            let contents: KerasMember.Contents
            if layer.graph != nil {
                guard let first = inner[Call(instance: number, layer: layer.name, number: 0)] else { return nil }
                contents = .model(members(of: first))
            } else {
                contents = .layer(firstNames[instance.path + [layer.name]] ?? layer.name)
            }
            return KerasMember(
                name: layer.name, className: layer.className, isTrainable: isTrainable, contents: contents)
        }
    }

    // MARK: Configuration

    private func configuration(_ value: JSONValue) throws -> JSONValue {
        var config = value.object?["config"]?.object ?? [:]
        let root = instances[0].graph
        config["layers"] = .array(try calls.map(layer))
        config["input_layers"] = .array(root.inputs.map { [.string($0), 0, 0] })
        config["output_layers"] = .array(try root.outputs.map { .array(try resolved($0, in: 0)) })
        return [
            "module": "keras.src.models.functional", "class_name": "Functional", "config": .object(config),
            "registered_name": .null,
        ]
    }

    /// A call as a layer of its own.
    private func layer(_ call: Call) throws -> JSONValue {
        let instance = instances[call.instance]
        let layer = instance.graph.layer(named: call.layer)!
        let name = JSONValue.string(names[call]!)
        var members = layer.members
        var config = members["config"]?.object ?? [:]
        let isTrainable = instance.isTrainable && layer.isTrainable
        config["name"] = name
        if !isTrainable { config["trainable"] = false }
        members["name"] = name
        members["config"] = .object(config)
        var arguments = layer.calls[call.number].node.object ?? [:]
        var keywords = arguments["kwargs"]?.object ?? [:]
        if layer.className == "BatchNormalization" {
            if instance.isInference { keywords["training"] = false }
            // In inference a layer that is not trained runs anyway.
            if !isTrainable, keywords["training"] == false { keywords["training"] = nil }
        }
        arguments["kwargs"] = .object(keywords)
        arguments["args"] = try arguments["args"].map { try replacingTensors(in: $0, call.instance) }
        members["inbound_nodes"] = layer.isInput ? [] : [.object(arguments)]
        return .object(members)
    }

    /// Arguments with each tensor as that of a layer of its own.
    private func replacingTensors(in value: JSONValue, _ instance: Int) throws -> JSONValue {
        if let values = value.array { return .array(try values.map { try replacingTensors(in: $0, instance) }) }
        guard var members = value.object else { return value }
        guard members["class_name"] == "__keras_tensor__", var config = members["config"]?.object else {
            return .object(try members.mapValues { try replacingTensors(in: $0, instance) })
        }
        config["keras_history"] = .array(try resolved(config["keras_history"] ?? .null, in: instance))
        members["config"] = .object(config)
        return .object(members)
    }

    /// The layer of its own that gives a tensor, which is named as in an instance: `[name, 0, output]`.
    private func resolved(_ history: JSONValue, in start: Int) throws -> [JSONValue] {
        var (history, number) = (history, start)
        for _ in 0..<Self.mostCalls {
            guard let parts = history.array, parts.count >= 3, let name = parts[0].string,
                let callNumber = parts[1].integer, let output = parts[2].integer, output >= 0
            else { throw file.damaged("has \(history.summary) in the place of a tensor") }
            let graph = instances[number].graph
            if let outer = instances[number].outer, let input = graph.inputs.firstIndex(of: name) {
                guard input < outer.tensors.count else {
                    throw file.damaged("calls a model with \(outer.tensors.count) tensors, which takes more")
                }
                (history, number) = (outer.tensors[input], outer.instance)
                continue
            }
            let call = Call(instance: number, layer: name, number: callNumber - (graph.firstCalls[name] ?? 0))
            if let name = names[call] { return [.string(name), 0, parts[2]] }
            guard let innerNumber = inner[call], output < instances[innerNumber].graph.outputs.count else {
                guard graph.layer(named: name) == nil else {
                    throw file.damaged("has no call \(callNumber) of layer \(name) with an output \(output)")
                }
                // Found later, with who wants it.
                return [.string(name), 0, parts[2]]
            }
            (history, number) = (instances[innerNumber].graph.outputs[output], innerNumber)
        }
        throw file.damaged("has a cycle through a model inside of it")
    }
}
