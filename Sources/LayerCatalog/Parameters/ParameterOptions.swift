/// What Keras' options say of a layer's parameters and outputs, beside what the layer computes: how parameters are
/// drawn before training, and what their size adds to the loss in it.
public struct ParameterOptions: Hashable, Sendable {
    /// How those parameters are drawn that are not drawn as Keras does by default, by name.
    public var initializers: [String: ParameterInitializer]
    /// What parameters add to the loss, by name.
    public var regularizers: [String: Regularizer]
    /// What the layer's outputs add to the loss.
    public var activityRegularizer: Regularizer?

    public init(
        initializers: [String: ParameterInitializer] = [:], regularizers: [String: Regularizer] = [:],
        activityRegularizer: Regularizer? = nil
    ) {
        self.initializers = initializers
        self.regularizers = regularizers
        self.activityRegularizer = activityRegularizer
    }

    /// Whether nothing is said.
    public var isEmpty: Bool { initializers.isEmpty && regularizers.isEmpty && activityRegularizer == nil }
}

// MARK: Keras

extension ParameterOptions {
    /// Takes the options of a kind of layer out of its Keras configuration.
    public init(keras options: inout KerasOptions, of kind: any LayerOptions.Type) {
        self.init()
        for parameter in kind.kerasVariables {
            let name = kind.kerasOptionName(of: parameter)
            if let initializer = ParameterInitializer(keras: options.take("\(name)_initializer")),
                initializer != .standard(of: parameter)
            {
                initializers[parameter] = initializer
            }
            regularizers[parameter] = Regularizer(keras: options.take("\(name)_regularizer"))
        }
        activityRegularizer = Regularizer(keras: options.take("activity_regularizer"))
        if options.className == "ActivityRegularization" {
            let factors = ["l1": options.take("l1"), "l2": options.take("l2")]
            activityRegularizer = Regularizer(keras: ["class_name": "L1L2", "config": .object(factors)])
        }
    }

    /// The options of a kind of layer as Keras 3 writes them, without those that say what holds anyway.
    public func kerasOptions(of kind: any LayerOptions.Type) -> [String: JSONValue] {
        var options: [String: JSONValue] = [:]
        for (parameter, initializer) in initializers {
            options["\(kind.kerasOptionName(of: parameter))_initializer"] = initializer.kerasValue
        }
        for (parameter, regularizer) in regularizers {
            options["\(kind.kerasOptionName(of: parameter))_regularizer"] = regularizer.kerasValue
        }
        if let activityRegularizer { options["activity_regularizer"] = activityRegularizer.kerasValue }
        return options
    }
}

// MARK: Model files

/// As Keras writes them; what is not there is not written.
extension ParameterOptions: Codable {
    private enum CodingKeys: String, CodingKey { case initializers, regularizers, activityRegularizer }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func values(_ key: CodingKeys) throws -> [String: JSONValue] {
            try container.decodeIfPresent([String: JSONValue].self, forKey: key) ?? [:]
        }
        self.init(
            initializers: try values(.initializers).compactMapValues { ParameterInitializer(keras: $0) },
            regularizers: try values(.regularizers).compactMapValues { Regularizer(keras: $0) },
            activityRegularizer: Regularizer(
                keras: try container.decodeIfPresent(JSONValue.self, forKey: .activityRegularizer) ?? .null))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        if !initializers.isEmpty { try container.encode(initializers.mapValues(\.kerasValue), forKey: .initializers) }
        if !regularizers.isEmpty { try container.encode(regularizers.mapValues(\.kerasValue), forKey: .regularizers) }
        try container.encodeIfPresent(activityRegularizer?.kerasValue, forKey: .activityRegularizer)
    }
}
