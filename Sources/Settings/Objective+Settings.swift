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
            "is neither `balanced` nor two weights", remedy: "give, for instance, 1,2 for sources that count twice"
        ) {
            guard case .given(let noise, let sources) = $0 else { return true }
            return [noise, sources].allSatisfy { $0 >= 0 && $0.isFinite } && noise + sources > 0
        }
    }
}

extension ClassWeights {
    /// Reads the value of `--class-weights`: `balanced`, or two numbers.
    ///
    /// - Throws: `Fault(.usage)`.
    package init(option text: String) throws {
        if text == "balanced" {
            self = .balanced
            return
        }
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        guard numbers.count == 2, let noise = numbers[0], let sources = numbers[1],
            Requirement.classWeights.isMet(.given(noise, sources))
        else { throw Requirement.classWeights.fault(of: "--class-weights", text) }
        self = .given(noise, sources)
    }
}
