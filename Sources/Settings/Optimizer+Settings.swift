import Faults
import Optimizers

/// What `--optimizer` names.
public enum OptimizerName: String, CaseIterable, Sendable {
    case sgd, momentum, adam, adamw, lamb, lars
}

extension TrainingSettings {
    /// Takes the optimizer that options ask for; none leaves the recipe's.
    ///
    /// - Throws: `Fault(.usage)` for options that do not go together.
    package mutating func setOptimizer(
        _ name: OptimizerName?, momentum: Float?, nesterov: Bool, recipe: Recipe
    ) throws {
        if name == nil, momentum == nil, !nesterov { return }
        func refuse(_ other: String, _ remedy: String) -> Fault {
            Fault(
                .usage, momentum == nil ? "--nesterov" : "--momentum", "does not go with \(other)", remedy: remedy)
        }
        guard name != nil || recipe == .notebook else {
            throw refuse("--recipe \(recipe.rawValue)", "add --optimizer momentum")
        }
        switch name {
        case .adam, .adamw, .lamb:
            guard momentum == nil, !nesterov else {
                throw refuse("--optimizer \(name!.rawValue)", "leave it out or use --optimizer momentum")
            }
            optimizer = name == .lamb ? .lamb() : .adam()
            // Keras' default of AdamW.
            if name == .adamw { regularization.weightDecay = 0.004 }
        case .lars:
            let momentum = momentum ?? 0.9
            try Requirement.momentum.check(momentum, of: "--momentum")
            guard !nesterov else {
                throw Fault(
                    .usage, "--nesterov", "does not go with --optimizer lars",
                    remedy: "leave it out or use --optimizer momentum")
            }
            optimizer = .lars(momentum: momentum)
        case .sgd, .momentum, nil:
            optimizer = .sgd(momentum: momentum ?? (name == .momentum ? 0.9 : 0), nesterov: nesterov)
        }
    }
}

extension SettingOption {
    static let optimizer = [
        SettingOption(
            "--optimizer", values: { [$0.optimizer.name.rawValue] }, deciding: { "\($0.optimizer)" }),
        SettingOption(
            "--momentum", values: { $0.optimizer.name == .sgd ? nil : $0.optimizer.momentum.map { ["\($0)"] } },
            check: {
                if let momentum = $0.optimizer.momentum { try Requirement.momentum.check(momentum, of: "--momentum") }
            }),
        SettingOption(
            "--nesterov", values: { $0.optimizer.isNesterov && $0.optimizer.name != .sgd ? [] : nil },
            check: {
                guard !$0.optimizer.isNesterov || $0.optimizer.momentum != 0 else {
                    throw Fault(.usage, "--nesterov", "needs momentum", remedy: "add --momentum 0.9")
                }
            }),
    ]
}

extension Requirement where Value == Float {
    fileprivate static var momentum: Requirement {
        Requirement("must be from 0 to 1", remedy: "give, for instance, 0.9") { (0...1).contains($0) }
    }
}

extension Optimizer {
    /// As a report has it, with its numbers.
    var title: String {
        switch self {
        case .adam(let beta1, let beta2, let epsilon): "Adam (β₁ \(beta1), β₂ \(beta2), ε \(epsilon))"
        case .lamb(let beta1, let beta2, let epsilon): "LAMB (β₁ \(beta1), β₂ \(beta2), ε \(epsilon))"
        case .lars(let momentum, let trust): "LARS (momentum \(momentum), trust \(trust))"
        case .sgd(let momentum, _) where momentum == 0: "SGD"
        case .sgd(let momentum, let nesterov): "SGD with \(nesterov ? "Nesterov's " : "")momentum \(momentum)"
        }
    }

    /// AdamW is Adam with weight decay, which has an option of its own.
    fileprivate var name: OptimizerName {
        switch self {
        case .adam: .adam
        case .lamb: .lamb
        case .lars: .lars
        case .sgd(let momentum, _): momentum == 0 ? .sgd : .momentum
        }
    }

    fileprivate var momentum: Float? {
        switch self {
        case .sgd(let momentum, _), .lars(let momentum, _): momentum
        case .adam, .lamb: nil
        }
    }

    fileprivate var isNesterov: Bool {
        if case .sgd(_, let nesterov) = self { nesterov } else { false }
    }
}
