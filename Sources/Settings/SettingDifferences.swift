/// In what the settings of a run differ from those that it is to go on with, as a user would type them.
package struct SettingDifferences {
    /// The settings that the run was begun with, and those that it is to go on with; both as resolved.
    private let before, now: TrainingSettings
    /// By the name of their option, what decides the result (``TrainingSettings/decidingResult(_:)``).
    private let decidingBefore, decidingNow: [String: String]
    /// Whether `--microbatch` was given, so that it follows from nothing else.
    private let isMicrobatchAsked: Bool

    package init(
        _ before: TrainingSettings, _ decidingBefore: [String: String], now: TrainingSettings,
        _ decidingNow: [String: String], isMicrobatchAsked: Bool
    ) {
        (self.before, self.now, self.isMicrobatchAsked) = (before, now, isMicrobatchAsked)
        (self.decidingBefore, self.decidingNow) = (decidingBefore, decidingNow)
    }

    /// `--learning-rate 0.01 (now 0.1)`, with one text for several settings that a recipe has changed together; empty if
    /// nothing differs that decides the result.
    package var texts: [String] {
        let names = Set(decidingBefore.keys).union(decidingNow.keys).sorted()
            .filter { decidingBefore[$0] != decidingNow[$0] }
        let changed = TrainingSettings.all.filter { setting in setting.options.contains { names.contains($0.name) } }
        let recipe = recipe(changed)
        let others = changed.filter { setting in !(recipe?.keys.contains(setting.key) ?? false) }
        var texts = recipe.map { [$0.text] } ?? []
        texts += others.flatMap { $0.options.compactMap(text) }
        // What has the same words is in a file, or follows from other settings.
        let told = Set((changed.filter { words($0, before) != words($0, now) }).flatMap { $0.options.map(\.name) })
        let untold = names.filter { !told.contains($0) }.filter { $0 != "--model" || texts.isEmpty && names.count == 1 }
        texts += untold.map(decidingText)
        return texts.isEmpty ? names.map(decidingText) : texts
    }

    private func decidingText(_ name: String) -> String {
        if name == "--schedule", before.schedule == now.schedule, before.epochs != now.epochs {
            let kind = now.schedule.kind.rawValue
            return "--epochs \(before.epochs) (now \(now.epochs)), on which --schedule \(kind) depends"
        }
        return "\(name) \(decidingBefore[name] ?? "none") (now \(decidingNow[name] ?? "none"))"
    }

    /// The difference between two words of an option; nil where there is none.
    private func text(_ option: SettingOption) -> String? {
        let (then, today) = (option.words(before), option.words(now))
        guard then != today else { return nil }
        let follows = option.name == "--microbatch" && !isMicrobatchAsked
        guard !follows || before.batchSize == now.batchSize && before.model == now.model else { return nil }
        if then.isEmpty { return "without \(option.name) (now \(Self.joined(today)))" }
        if today.isEmpty { return "\(Self.joined(then)) (now without)" }
        return "\(Self.joined(then)) (now \(Self.joined(Array(today.dropFirst()))))"
    }

    private static func joined(_ words: [String]) -> String { words.joined(separator: " ") }

    private func words(_ setting: Setting, _ settings: TrainingSettings) -> [String] {
        setting.options.flatMap { $0.words(settings) }
    }

    /// The recipes whose difference explains most of the changed settings, and the keys of these; nil where it explains
    /// so few that this may be chance.
    private func recipe(_ changed: [Setting]) -> (text: String, keys: Set<String>)? {
        let few = 2
        let pairs = Recipe.allCases.flatMap { then in Recipe.allCases.map { (then, $0) } }.filter { $0.0 != $0.1 }
        let explained = pairs.map { then, today in
            let (old, new) = (TrainingSettings(recipe: then), TrainingSettings(recipe: today))
            let keys = changed.filter { setting in
                words(setting, before) == words(setting, old) && words(setting, now) == words(setting, new)
            }.map(\.key)
            return (text: "--recipe \(then.rawValue) (now \(today.rawValue))", keys: Set(keys))
        }
        guard let best = explained.max(by: { $0.keys.count < $1.keys.count }), best.keys.count > few else { return nil }
        return best
    }
}
