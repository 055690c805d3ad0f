import Faults
import Optimizers

extension SettingOption {
    static let objective = [
        SettingOption(
            "--label-smoothing", \.objective.labelSmoothing, unless: 0, decidesResult: true,
            must: Requirement("must be from 0 to below 1", remedy: "give, for instance, 0.1") { $0 >= 0 && $0 < 1 }),
        SettingOption(
            "--class-weights", \.objective.classWeights, unless: .equal, decidesResult: true, must: .classWeights),
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
