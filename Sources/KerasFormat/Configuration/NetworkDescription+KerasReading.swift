import Faults
import LayerCatalog
import Models

extension NetworkDescription {
    /// Reads the text that Keras 3's `model.to_json()` gives: a Sequential or functional model without weights.
    ///
    /// Layers come in the order in which Keras keeps them. Only data is read: Lambda layers, custom objects and
    /// whatever else would need code are refused, and so is every option that would change results but is not
    /// supported.
    ///
    /// - Parameters:
    ///   - text: the JSON text, in UTF-8.
    ///   - file: where it comes from, for messages.
    /// - Throws: a `badData` fault that names file, layer and option, and what is supported.
    public init(
        kerasJSON text: some Sequence<UInt8>, from file: String, _ reading: ModelReading = ModelReading()
    ) throws {
        self = try KerasModel(text, from: file, reading).description
    }

    /// - Parameters:
    ///   - model: one without models inside and without layers that are called twice.
    ///   - owners: for layers with the parameters of others, the names of those.
    init(flat model: KerasObject, owners: [String: String], at place: KerasPlace) throws {
        guard model.isModel, let layers = model.config["layers"]?.array else {
            throw place.damaged("holds a \(model.className) without layers")
        }
        var policy = KerasOptions(model, at: place)
        try policy.requireSinglePrecision()
        let name = model.config["name"]?.string ?? "model"
        if model.className == "Sequential" {
            self.init(name: name, layers: try Self.chain(layers, at: place))
        } else {
            self.init(name: name, layers: try Self.graph(model, layers, owners, at: place))
        }
    }

    /// The layers of a Sequential model: each fed by the one before it.
    private static func chain(
        _ values: [JSONValue], at place: KerasPlace
    ) throws -> [LayerDescription] {
        var layers: [LayerDescription] = []
        for value in values {
            let (_, layer) = try layer(value, at: place)
            layers.append(layer.fed(by: layers.last.map { [$0.name] } ?? []))
        }
        guard layers.first?.kind.entry.inputCount == LayerInputCount.none else {
            throw place.fault(
                "does not say the shape of its input", remedy: "begin it with keras.Input((21, 21, 1)) or build it")
        }
        return layers
    }

    /// The layers of a functional model, sorted.
    private static func graph(
        _ model: KerasObject, _ values: [JSONValue], _ owners: [String: String], at place: KerasPlace
    ) throws -> [LayerDescription] {
        let inputs = try KerasTensor.all(model.config["input_layers"], "input", atMost: 2, at: place).map(\.layer)
        let output = try KerasTensor.all(model.config["output_layers"], "output", atMost: 1, at: place)[0]
        guard Set(inputs).count == inputs.count else { throw place.damaged("lists input \(inputs[0]) twice") }
        let layers = try values.map { value in
            var (object, layer) = try layer(value, at: place)
            let feeds = try KerasTensor.inputs(of: object, layer.kind, at: place.layer(layer.name, object.className))
            let isInput = layer.kind.entry.inputCount == .none
            guard isInput == feeds.isEmpty, isInput == inputs.contains(layer.name) else {
                throw place.layer(layer.name, object.className).fault(
                    isInput ? "is no input of the model, or is fed itself" : "has no input",
                    remedy: "feed every layer from the model's inputs")
            }
            layer.sharedWith = owners[layer.name]
            return layer.fed(by: feeds.map(\.layer))
        }
        return inOrder(inputs, try KerasGraph.sorted(layers, output: output.layer, at: place))
    }

    /// Layers with the model's inputs in the order in which the model takes them: as they stand, or before all others
    /// where the input that comes first is needed later.
    private static func inOrder(_ inputs: [String], _ layers: [LayerDescription]) -> [LayerDescription] {
        let standing = layers.filter(\.inputs.isEmpty)
        if standing.map(\.name) == inputs { return layers }
        return inputs.flatMap { name in standing.filter { $0.name == name } } + layers.filter { !$0.inputs.isEmpty }
    }

    private static func layer(
        _ value: JSONValue, at place: KerasPlace
    ) throws -> (object: KerasObject, layer: LayerDescription) {
        let object = try KerasObject(value, at: place)
        guard let name = object.name, !name.isEmpty, !name.contains("/") else {
            throw place.damaged("has a \(object.className) layer without a proper name")
        }
        let (kind, parameters) = try LayerKind.read(keras: object, at: place.layer(name, object.className))
        let isTrainable = object.config["trainable"] != false || kind.entry.kerasVariables.isEmpty
        return (
            object,
            LayerDescription(name: name, kind: kind, inputs: [], isTrainable: isTrainable, parameters: parameters)
        )
    }
}

extension LayerDescription {
    /// The same layer with these inputs.
    fileprivate func fed(by inputs: [String]) -> LayerDescription {
        var layer = self
        layer.inputs = inputs
        return layer
    }
}
