import Faults
import LayerCatalog

/// A tensor of a functional model: what a layer gave when it was called.
struct KerasTensor {
    /// The layer's name.
    let layer: String

    /// Reads `[layer, call, output]`. Layers are called once and give one output, so both numbers must be 0.
    private init(_ history: [JSONValue], at place: KerasPlace) throws {
        guard history.count == 3, let layer = history[0].string, let call = history[1].integer, history[2] == 0 else {
            throw place.damaged("has \(JSONValue.array(history).summary) in the place of a tensor")
        }
        guard call == 0 else { throw Self.sharedLayer(at: place, layer) }
        self.layer = layer
    }

    /// Reads the tensors of `input_layers` or `output_layers`: one, bare or in lists or an object, or some in a list
    /// or an object, whose tensors Keras takes in the order of their keys.
    ///
    /// - Throws: a `badData` fault when there are none, or more than `most`.
    static func all(_ value: JSONValue?, _ role: String, atMost most: Int, at place: KerasPlace) throws -> [KerasTensor]
    {
        var value = value ?? .null
        while true {
            let members =
                value.object.map { $0.sorted { $0.key < $1.key }.map(\.value) } ?? value.array ?? []
            if members.first?.string != nil { return [try KerasTensor(members, at: place)] }
            guard (1...most).contains(members.count) else {
                throw place.fault(
                    "has \(members.count) \(role)s",
                    remedy: "build a model with an input of stamps, at most one of features, and one output")
            }
            guard members.count == 1 else {
                return try members.map { try KerasTensor($0.array ?? [$0], at: place) }
            }
            value = members[0]
        }
    }

    /// Reads what a layer of a kind is called with: one tensor or a list of them, and nothing else.
    static func inputs(of layer: KerasObject, _ kind: LayerKind, at place: KerasPlace) throws -> [KerasTensor] {
        let calls = layer.members["inbound_nodes"]?.array ?? []
        guard calls.count <= 1 else { throw sharedLayer(at: place, layer.name ?? "") }
        guard let call = calls.first else { return [] }
        guard let arguments = call.object?["args"]?.array, let keywords = call.object?["kwargs"]?.object else {
            throw place.damaged("is not called in the format of Keras 3")
        }
        if layer.isOperator {
            // Their numbers have been read as options.
            let operands = layer.callArguments.flatMap { $0.array ?? [$0] }
            return try operands.filter(\.isKerasTensor).map { try KerasTensor($0, at: place) }
        }
        for (name, value) in keywords.sorted(by: { $0.key < $1.key }) where !value.isNull {
            if kind.entry.kerasCallDefaults[name] == value { continue }
            throw place.fault(
                "is called with \(name) = \(value.summary), which is not supported",
                remedy: "call it with its input alone")
        }
        guard let first = arguments.first, arguments.dropFirst().allSatisfy(\.isNull) else {
            throw place.fault("is called with \(arguments.count) arguments", remedy: "call it with its input alone")
        }
        return try (first.array ?? [first]).map { try KerasTensor($0, at: place) }
    }

    /// Reads a tensor where a layer is called with one.
    private init(_ argument: JSONValue, at place: KerasPlace) throws {
        guard argument.isKerasTensor, let history = argument.object?["config"]?.object?["keras_history"]?.array else {
            throw place.damaged("is called with \(argument.summary) in the place of a tensor")
        }
        try self.init(history, at: place)
    }

    private static func sharedLayer(at place: KerasPlace, _ name: String) -> Fault {
        place.fault(
            "uses layer \(name) in two places, which is not supported", remedy: "give each place a layer of its own")
    }
}
