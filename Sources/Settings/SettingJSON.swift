import Files

/// How one setting is written to JSON and read back.
struct SettingJSON: Sendable {
    let key: NamedKey
    let encode: @Sendable (TrainingSettings, inout KeyedEncodingContainer<NamedKey>) throws -> Void
    /// Leaves a setting that is not there as it is.
    let decode: @Sendable (inout TrainingSettings, KeyedDecodingContainer<NamedKey>) throws -> Void

    /// - Parameter unwritten: the value that is left out; nil if each is written.
    init<Value: Codable & Equatable & Sendable>(
        _ name: String, _ path: any Setting.Path<Value>, unwritten: Value? = nil
    ) {
        let key = NamedKey(name)
        self.key = key
        encode = { settings, container in
            let value = settings[keyPath: path]
            if value != unwritten { try container.encode(value, forKey: key) }
        }
        decode = { settings, container in
            if let value = try container.decodeIfPresent(Value.self, forKey: key) { settings[keyPath: path] = value }
        }
    }

    /// A setting that is left out where it is left open.
    init<Value: Codable & Equatable & Sendable>(_ name: String, _ path: any Setting.Path<Value?>) {
        let key = NamedKey(name)
        self.key = key
        encode = { settings, container in try container.encodeIfPresent(settings[keyPath: path], forKey: key) }
        decode = { settings, container in
            settings[keyPath: path] = try container.decodeIfPresent(Value.self, forKey: key)
        }
    }
}

extension TrainingSettings: Codable {
    /// The keys that every version has written: a file without one is damaged. Where another is missing, its default
    /// counts: runs of a version without such a setting had that.
    private static let everWritten: Set = [
        "model", "epochs", "batch_size", "learning_rate", "optimizer", "split", "seed", "dropout",
        "normalize", "skip_bad", "output",
    ]

    /// Reads what ``encode(to:)`` wrote, without asking whether the values are right: ``validate()`` does.
    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: NamedKey.self)
        let stamps = ["sources", "noise", "class_files", "labelled"].map(NamedKey.init)
        guard stamps.contains(where: container.contains) else {
            throw DecodingError.keyNotFound(
                stamps[0], DecodingError.Context(codingPath: container.codingPath, debugDescription: "no stamps"))
        }
        for setting in Self.all {
            let key = setting.json.key
            if Self.everWritten.contains(key.stringValue), !container.contains(key) {
                throw DecodingError.keyNotFound(
                    key, DecodingError.Context(codingPath: container.codingPath, debugDescription: "no setting"))
            }
            try setting.json.decode(&self, container)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: NamedKey.self)
        for setting in Self.all { try setting.json.encode(self, &container) }
    }
}
