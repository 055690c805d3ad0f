import Faults
import LayerCatalog

/// Puts the configuration of a model of Keras 1 or 2, or of Keras 3's own `.h5` files, into the words of Keras 3.
///
/// What has those words already stays as it is, so that files of every age can be read by one reader.
struct LegacyConfiguration {
    private let place: KerasPlace
    /// Whether Keras 1 or 2 wrote the file, some of whose functions mean something else in Keras 3.
    private let isOld: Bool

    /// The model in the words of Keras 3.
    ///
    /// - Parameter version: of Keras, where the file says it outside of the configuration.
    /// - Throws: a `badData` fault for what Keras 3 has no words for.
    static func translated(_ model: JSONValue, version: String? = nil, at place: KerasPlace) throws -> JSONValue {
        let version = version ?? model.object?["keras_version"]?.string
        let isOld = version.map { $0.hasPrefix("1.") || $0.hasPrefix("2.") || $0.hasPrefix("0.") } ?? false
        return try LegacyConfiguration(place: place, isOld: isOld).object(model)
    }

    private func object(_ value: JSONValue) throws -> JSONValue {
        guard var members = value.object, let className = members["class_name"]?.string else { return value }
        members["class_name"] = .string(LegacyNames.currentClass(className))
        if let calls = members["inbound_nodes"]?.array { members["inbound_nodes"] = .array(calls.map(Self.call)) }
        if KerasObject.modelClasses.contains(className) {
            members["module"] = LegacyNames.module(
                members["module"], standard: className == "Sequential" ? "keras" : "keras.src.models.functional")
            members["config"] = try modelConfig(members["config"] ?? .null, className)
        } else {
            members["module"] = LegacyNames.module(members["module"], standard: "keras.layers")
            try translateLayer(&members)
        }
        return .object(members)
    }

    // MARK: Models

    private func modelConfig(_ value: JSONValue, _ className: String) throws -> JSONValue {
        // Keras 1 and early 2 have a list of layers where others have an object.
        var config = value.object ?? ["layers": value]
        guard let layers = config["layers"]?.array else { return value }
        var translated = try layers.map(object)
        if className == "Sequential", let shape = Self.inputShape(ofChain: layers, config) {
            translated.insert(Self.input(shape, for: layers), at: 0)
        }
        config["layers"] = .array(LegacyRanks.noted(in: translated, isChain: className == "Sequential"))
        return .object(config)
    }

    /// The shape of a Sequential model's input, where no layer of its own has it.
    private static func inputShape(ofChain layers: [JSONValue], _ config: [String: JSONValue]) -> JSONValue? {
        guard let first = layers.first?.object, first["class_name"] != "InputLayer" else { return nil }
        let options = first["config"]?.object ?? [:]
        if let shape = options["batch_input_shape"] ?? config["build_input_shape"], shape.array != nil { return shape }
        if let width = options["input_dim"]?.integer { return [.null, .integer(width)] }
        // The first layer may be a model itself.
        let inner = options["layers"]?.array ?? first["config"]?.array ?? []
        let input = inner.first?.object?["config"]?.object
        return input?["batch_input_shape"] ?? input?["batch_shape"] ?? inputShape(ofChain: inner, options)
    }

    private static func input(_ shape: JSONValue, for layers: [JSONValue]) -> JSONValue {
        let name = layers.first?.object?["config"]?.object?["name"]?.string ?? "layer"
        return [
            "module": "keras.layers", "class_name": "InputLayer", "registered_name": .null,
            "config": ["batch_shape": shape, "name": .string("\(name)_input")],
        ]
    }

    // MARK: Calls

    /// A call as Keras 2 notes it, `[["conv", 0, 0, {}], …]`, as Keras 3 does.
    private static func call(_ value: JSONValue) -> JSONValue {
        guard let given = value.array else { return value }
        let histories = given.first?.string == nil ? given : [value]
        var keywords: [String: JSONValue] = [:]
        let tensors = histories.map { history -> JSONValue in
            let parts = history.array ?? []
            keywords.merge(parts.dropFirst(3).first?.object ?? [:]) { $1 }
            return ["class_name": "__keras_tensor__", "config": ["keras_history": .array(Array(parts.prefix(3)))]]
        }
        return ["args": [tensors.count == 1 ? tensors[0] : .array(tensors)], "kwargs": .object(keywords)]
    }

    // MARK: Layers

    private func translateLayer(_ members: inout [String: JSONValue]) throws {
        guard var config = members["config"]?.object else { return }
        let name = config["name"]?.string ?? members["name"]?.string ?? "without a name"
        let className = members["class_name"]?.string ?? ""
        let place = place.layer(name, className)
        config = LegacyNames.renamed(config, ofClass: className)
        if className == "Merge" { members["class_name"] = LegacyNames.mergingClass(&config) }
        if className == "ZeroPadding2D" { config["padding"] = config["padding"].map(Self.sides) }
        if isOld, config["activation"] == "hard_sigmoid" {
            throw place.fault(
                "has activation = \"hard_sigmoid\" of Keras 2, which is another function than that of Keras 3",
                remedy: "build the model with an activation that Keras 3 has")
        }
        members["config"] = .object(config)
    }

    /// Padding as Keras 1 also writes it: rows and columns, or one number for all sides.
    private static func sides(_ value: JSONValue) -> JSONValue {
        if let all = value.integer { return [.integers(all, all), .integers(all, all)] }
        let numbers = value.array?.compactMap(\.integer) ?? []
        return numbers.count == 2
            ? [.integers(numbers[0], numbers[0]), .integers(numbers[1], numbers[1])] : value
    }
}
