import RunRecords

/// A run's settings as names and values for people.
enum SettingsTable {
    typealias Row = (name: String, value: String)

    /// What decides the result.
    static func settings(_ configuration: ConfigurationRecord<RunSettings>) -> [Row] {
        let settings = configuration.settings
        var rows: [Row] = [
            ("model", settings.model), ("outputs", "\(settings.classes)"), ("epochs", "\(settings.epochs)"),
            ("batch size", "\(settings.batchSize)"), ("microbatch", "\(settings.microbatch)"),
            ("optimizer", optimizer(settings)), ("learning rate", "\(settings.learningRate)"),
        ]
        let objective = ObjectiveCommand.words(settings)
        if !objective.isEmpty { rows.append(("schedule and objective", objective.joined(separator: " "))) }
        let decision = RunCommand.decision(settings.decision ?? .standard)
        if !decision.isEmpty { rows.append(("decision", decision.joined(separator: " "))) }
        rows += [
            ("normalisation", settings.normalize.rawValue),
            ("augmentation", "\(settings.augmentation ?? .none)"),
            ("dropout", settings.dropout ? "as the model has it" : "off"),
            ("split", RunCommand.split(settings)), ("seed", "\(settings.seed)"),
        ]
        if let gradients = settings.gradients, gradients != "float32" { rows.append(("gradients", gradients)) }
        if let weights = settings.initialWeights { rows.append(("initial weights", weights)) }
        rows.append(("bad stamps", settings.skipBad ? "left out" : "refused"))
        return rows
    }

    /// What explains its speed, and whose bits it has.
    static func machine(_ configuration: ConfigurationRecord<RunSettings>) -> [Row] {
        let rows: [Row] = [
            ("swift-run-trainer", configuration.versions.program), ("Swift", configuration.versions.swift),
            ("OpenBLAS", configuration.versions.openBLAS), ("CPU kernel type", configuration.cpuKernelType),
            ("ranks × threads", "\(configuration.ranks) × \(configuration.threads)"),
        ]
        return rows + (configuration.memory.map { [("memory for stamps", $0)] } ?? [])
    }

    private static func optimizer(_ settings: RunSettings) -> String {
        switch settings.optimizer {
        case .adam(let beta1, let beta2, let epsilon): "Adam (β₁ \(beta1), β₂ \(beta2), ε \(epsilon))"
        case .lamb(let beta1, let beta2, let epsilon): "LAMB (β₁ \(beta1), β₂ \(beta2), ε \(epsilon))"
        case .lars(let momentum, let trust): "LARS (momentum \(momentum), trust \(trust))"
        case .sgd(let momentum, _) where momentum == 0: "SGD"
        case .sgd(let momentum, let nesterov): "SGD with \(nesterov ? "Nesterov's " : "")momentum \(momentum)"
        }
    }
}
