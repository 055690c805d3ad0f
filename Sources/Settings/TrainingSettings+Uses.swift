import Models

extension TrainingSettings {
    /// Refuses what cannot be: values out of range, and values that do not go together.
    ///
    /// - Throws: `Fault(.usage)` that names the option which a user would change.
    public func validate() throws {
        for option in Self.all.flatMap(\.options) { try option.check(self) }
        try decision.check(hasValidation: mayHave(.validation))
        try checkParts()
    }

    /// The settings with nothing left open, as `config.json` records them.
    package func resolved(batchSize: Int, microbatch: Int, classes: Int, bits: Bits) -> TrainingSettings {
        var settings = self
        settings.batchSize = .samples(batchSize)
        settings.microbatch = microbatch
        settings.classes = classes
        settings.bits = bits
        settings.execution = ExecutionSettings()
        return settings
    }

    /// The settings that decide the result, by the name of their option, for `--resume` to compare: all but the number
    /// of epochs, where files lie, and how often the run is looked after.
    ///
    /// - Parameter findings: of the run that these settings, as resolved, are of.
    package func decidingResult(_ findings: RunFindings) throws -> [String: String] {
        let trainedOption = frozenLayers.map(\.choice.option)
        let found = try findings.decidingResult(trainedOption: trainedOption)
        return Self.all.flatMap(\.options).reduce(into: found) { deciding, option in
            guard let value = option.deciding(self) else { return }
            deciding[option.name] = deciding[option.name].map { "\(value) (\($0))" } ?? value
        }
    }

    /// The file that the first weights are read from; nil if they are drawn from the seed.
    package var firstWeightsFile: String? {
        let isDrawn = StandardNetwork(rawValue: model) != nil || model.hasSuffix(".json")
        return initialWeights ?? (isDrawn ? nil : model)
    }

    /// The options of `train` that ask for these settings, word by word. How a run is carried out is not among them.
    /// They name the recipe that changes nothing, as every setting stands for itself.
    package var options: [String] {
        ["--recipe", Recipe.notebook.rawValue] + Self.all.flatMap(\.options).flatMap { $0.words(self) }
    }

    /// The same by the names of the options, without their dashes; `true` for one without a value.
    package var namedOptions: [(name: String, value: String)] {
        Self.all.flatMap(\.options).compactMap { option in
            guard let name = option.words(self).first else { return nil }
            let values = option.words(self).dropFirst()
            return (String(name.dropFirst(2)), values.isEmpty ? "true" : values.joined(separator: " "))
        }
    }

    /// What decides the result, as names and values for people.
    package var rows: [(name: String, value: String)] {
        SettingRow.allCases.compactMap { row in
            let values = Self.all.filter { $0.row == row }.compactMap { $0.shown(self) }
            return values.isEmpty ? nil : (row.rawValue, values.joined(separator: " "))
        }
    }
}
