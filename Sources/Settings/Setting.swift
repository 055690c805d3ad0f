/// One setting, described once: its key in `config.json`, its options, and its row in a report's table.
package struct Setting: Sendable {
    typealias Path<Value> = WritableKeyPath<TrainingSettings, Value> & Sendable

    /// Its key in `config.json`.
    package var key: String { json.key.stringValue }
    /// Those that give it its value.
    package let options: [SettingOption]
    let json: SettingJSON
    let row: SettingRow?
    /// The text in its row; nil where it is not worth a row.
    let shown: @Sendable (TrainingSettings) -> String?

    /// A setting of several options, or of one that is no plain value.
    ///
    /// - Parameters:
    ///   - row: where a report shows it; nil for nowhere.
    ///   - text: what the row says; nil for the words of its options.
    ///   - unwritten: the value that JSON leaves out; nil if each is written.
    init<Value: Codable & Equatable & Sendable>(
        _ key: String, _ path: any Path<Value>, row: SettingRow? = nil,
        shownAs text: (@Sendable (Value) -> String)? = nil, unwritten: Value? = nil, options: [SettingOption]
    ) {
        json = SettingJSON(key, path, unwritten: unwritten)
        (self.row, self.options) = (row, options)
        shown = { settings in
            text.map { $0(settings[keyPath: path]) } ?? Self.words(of: options)(settings)
        }
    }

    /// The same where the value may be left open. Its row shows the words of its options.
    init<Value: Codable & Equatable & Sendable>(
        _ key: String, _ path: any Path<Value?>, row: SettingRow? = nil, options: [SettingOption]
    ) {
        json = SettingJSON(key, path)
        (self.row, self.options) = (row, options)
        shown = Self.words(of: options)
    }

    /// What options say of a setting.
    private static func words(of options: [SettingOption]) -> @Sendable (TrainingSettings) -> String? {
        { settings in
            let words = options.flatMap { $0.words(settings) }
            return words.isEmpty ? nil : words.joined(separator: " ")
        }
    }

    /// A setting of one option that is followed by its value, as the row shows it.
    ///
    /// - Parameters: as above, and as those of `SettingOption`.
    init<Value: Codable & Equatable & Sendable>(
        _ key: String, _ path: any Path<Value>, _ option: String, unless usual: Value? = nil,
        unwritten: Value? = nil, row: SettingRow? = nil, decidesResult: Bool = false, makesRun: Bool = true,
        must requirement: Requirement<Value>? = nil
    ) {
        json = SettingJSON(key, path, unwritten: unwritten)
        self.row = row
        shown = { settings in settings[keyPath: path] == usual ? nil : "\(settings[keyPath: path])" }
        options = [
            SettingOption(
                option, path, unless: usual, decidesResult: decidesResult, makesRun: makesRun, must: requirement)
        ]
    }

    /// The same where the value may be left open.
    init<Value: Codable & Equatable & Sendable>(
        _ key: String, _ path: any Path<Value?>, _ option: String, row: SettingRow? = nil,
        decidesResult: Bool = false, makesRun: Bool = true, must requirement: Requirement<Value>? = nil
    ) {
        json = SettingJSON(key, path)
        self.row = row
        shown = { settings in settings[keyPath: path].map { "\($0)" } }
        options = [
            SettingOption(option, path, decidesResult: decidesResult, makesRun: makesRun, must: requirement)
        ]
    }
}
