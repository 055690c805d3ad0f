import Faults
import Optimizers

extension SettingOption {
    static let objective = [
        SettingOption(
            "--label-smoothing", \.objective.labelSmoothing, unless: 0, decidesResult: true,
            must: Requirement("must be from 0 to below 1", remedy: "give, for instance, 0.1") { $0 >= 0 && $0 < 1 }),
        SettingOption(
            "--class-weights", \.objective.classWeights, unless: .equal, decidesResult: true, must: .classWeights),
        SettingOption(
            "--loss", values: { $0.objective.focusing.map { ["focal=\($0)"] } },
            deciding: { $0.objective.focusing.map { "focal=\($0)" } },
            check: { settings in
                if let focusing = settings.objective.focusing {
                    try Requirement.focusing.check(focusing, of: "--loss focal, whose exponent")
                }
            }),
    ]

    static let regularization = [
        SettingOption(
            "--weight-decay", \.regularization.weightDecay, unless: 0, decidesResult: true,
            must: .notNegative("0.004")),
        SettingOption("--clip-norm", \.regularization.clipNorm, decidesResult: true, must: .positive("1")),
        SettingOption(
            "--ema", \.regularization.averaging, decidesResult: true,
            must: Requirement("must be between 0 and 1", remedy: "give, for instance, 0.999") { $0 > 0 && $0 < 1 }),
    ]
}

extension Requirement where Value == ClassWeights {
    fileprivate static var classWeights: Requirement {
        Requirement(
            "is neither `balanced` nor a weight for each class",
            remedy: "give, for instance, 1,2 for sources that count twice"
        ) {
            guard case .given(let weights) = $0 else { return true }
            return weights.count > 1 && weights.allSatisfy { $0 >= 0 && $0.isFinite } && weights.reduce(0, +) > 0
        }
    }
}

extension Requirement where Value == Double {
    fileprivate static var focusing: Requirement {
        Requirement("must be above 0 and at most 100", remedy: "give, for instance, --loss focal=2") {
            $0 > 0 && $0 <= 100
        }
    }
}

extension Objective {
    /// Sets what `--loss` says: `cross-entropy`, `focal` (with the exponent 2) or `focal=G`.
    ///
    /// - Throws: `Fault(.usage)`.
    package mutating func setLoss(option text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        switch (parts[0], parts.count) {
        case ("cross-entropy", 1): focusing = nil
        case ("focal", 1): focusing = 2
        case ("focal", _):
            guard let exponent = Double(parts[1]) else { fallthrough }
            focusing = exponent
        default:
            throw Fault(
                .usage, "--loss \(text)", "is no loss that is known",
                remedy: "use cross-entropy, or focal=2 for instance")
        }
    }
}

extension ClassWeights {
    /// Reads the value of `--class-weights`: `balanced`, or a number for each class.
    ///
    /// - Throws: `Fault(.usage)`.
    package init(option text: String) throws {
        if text == "balanced" {
            self = .balanced
            return
        }
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        let weights = ClassWeights.given(numbers.compactMap { $0 })
        guard !numbers.contains(nil), Requirement.classWeights.isMet(weights) else {
            throw Requirement.classWeights.fault(of: "--class-weights", text)
        }
        self = weights
    }
}
