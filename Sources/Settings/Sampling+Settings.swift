import Faults
import StampData

extension SettingOption {
    static let fold = [
        SettingOption(
            "--folds", values: { $0.fold.map { ["\($0.count)"] } }, deciding: { $0.fold.map { "\($0.count)" } }),
        SettingOption(
            "--fold", values: { $0.fold.map { ["\($0.number)"] } }, deciding: { $0.fold.map { "\($0.number)" } }),
    ]
}

extension SettingOption {
    static let groupBy = [SettingOption("--group-by", \.groupBy, must: .name(remedy: "name a column"))]
    static let splitBy = [SettingOption("--split-by", \.splitBy, must: .name(remedy: "name a column"))]

    /// Runs that were begun before there was such an option go on.
    static let stratify = SettingOption(
        "--stratify", values: { $0.stratify ? [] : nil }, deciding: { $0.stratify ? "true" : nil })

    static let sampleWeights = [
        SettingOption("--sample-weights", \.sampleWeights, must: .name(remedy: "name a column"))
    ]
}

extension SettingOption {
    /// Repeated for each column.
    static let by = SettingOption("--by") { settings in
        settings.by.isEmpty ? nil : Array(settings.by.map { [$0] }.joined(separator: ["--by"]))
    }
}

extension Requirement where Value == Int {
    /// How many folds a cross-validation has.
    package static var folds: Requirement {
        Requirement("must be from 2 to 10000", remedy: "give, for instance, 5") { (2...10000).contains($0) }
    }
}

extension Requirement where Value == Sampling {
    static var sampling: Requirement {
        Requirement(
            "is neither `balanced` nor a share for each class, which add up to 1",
            remedy: "give, for instance, noise=0.75,source=0.25"
        ) {
            guard case .shares(let given) = $0 else { return true }
            return given.count > 1 && given.allSatisfy { $0.share >= 0 && $0.share <= 1 }
                && Set(given.map(\.name)).count == given.count
                && abs(given.reduce(0) { $0 + $1.share } - 1) <= 1e-6
        }
    }
}

extension Sampling {
    /// Reads the value of `--sampling`: `balanced`, `uniform`, or shares by the names of the classes.
    ///
    /// - Throws: `Fault(.usage)`.
    package init(option text: String) throws {
        switch text {
        case "balanced": self = .balanced
        case "uniform": self = .uniform
        default:
            let given = text.split(separator: ",", omittingEmptySubsequences: false).compactMap { part -> ClassShare? in
                guard let sign = part.lastIndex(of: "="), let share = Double(part[part.index(after: sign)...]) else {
                    return nil
                }
                return ClassShare(name: String(part[..<sign]), share: share)
            }
            let isWhole = given.count == text.split(separator: ",", omittingEmptySubsequences: false).count
            guard isWhole, Requirement.sampling.isMet(.shares(given)) else {
                throw Requirement.sampling.fault(of: "--sampling", text)
            }
            self = .shares(given)
        }
    }
}
