import Files

extension TrainingSettings {
    /// The keys of what may differ between the ranks of a run: machines differ, and rank 0 alone names the stamps and
    /// prints.
    private static let ofOneRank: Set = [
        "sources", "noise", "class_files", "labelled", "validation_files", "test_files", "threads", "shows_progress",
        "command_line",
    ]

    /// The settings that all ranks of a run must have alike, as texts by the name of their first option.
    package func common() throws -> [String: String] {
        try Self.all.filter { !Self.ofOneRank.contains($0.key) }.reduce(into: [:]) { common, setting in
            let json = try JSONFile.line(of: OneSetting(setting: setting, settings: self))
            common[setting.options.first?.name ?? setting.key] = String(json.dropLast())
        }
    }

    private struct OneSetting: Encodable {
        let setting: Setting
        let settings: TrainingSettings

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: NamedKey.self)
            try setting.json.encode(settings, &container)
        }
    }
}
