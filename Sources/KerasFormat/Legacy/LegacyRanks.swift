import LayerCatalog

/// Notes with each layer how many axes its inputs have, as Keras 3 does: an `axis` means nothing without.
enum LegacyRanks {
    /// The layers of a model in their order, each with a `build_config` where it has none.
    ///
    /// - Parameter isChain: whether each is fed by the one before it rather than by those that it names.
    static func noted(in layers: [JSONValue], isChain: Bool) -> [JSONValue] {
        var ranks: [String: Int] = [:]
        var last: Int?
        return layers.map { layer in
            guard var members = layer.object, members["build_config"] == nil else { return layer }
            let config = members["config"]?.object ?? [:]
            let name = members["name"]?.string ?? config["name"]?.string ?? ""
            let feeding = isChain ? last : source(of: members).flatMap { ranks[$0] }
            let output = rank(behind: members["class_name"]?.string ?? "", config, feeding)
            (ranks[name], last) = (output, output)
            guard let feeding else { return layer }
            members["build_config"] = ["input_shape": .array(Array(repeating: .null, count: feeding))]
            return .object(members)
        }
    }

    /// The name of the layer that feeds one.
    private static func source(of members: [String: JSONValue]) -> String? {
        let argument = members["inbound_nodes"]?.array?.first?.object?["args"]?.array?.first
        let tensor = argument?.array?.first ?? argument
        return tensor?.object?["config"]?.object?["keras_history"]?.array?.first?.string
    }

    /// The axes of the output of a layer that was noted.
    private static func rank(behind layer: [String: JSONValue]) -> Int? {
        rank(
            behind: layer["class_name"]?.string ?? "", layer["config"]?.object ?? [:],
            layer["build_config"]?.object?["input_shape"]?.array?.count)
    }

    /// The axes of a layer's output, the batch's included.
    private static func rank(behind className: String, _ config: [String: JSONValue], _ input: Int?) -> Int? {
        switch className {
        case "InputLayer": config["batch_shape"]?.array?.count
        case "Flatten": 2
        case "Reshape": (config["target_shape"]?.array?.count).map { $0 + 1 }
        case "GlobalAveragePooling2D", "GlobalMaxPooling2D": config["keepdims"] == true ? 4 : 2
        case "Sequential", "Functional", "Model":
            rank(behind: config["layers"]?.array?.last?.object ?? [:])
        default: input
        }
    }
}
