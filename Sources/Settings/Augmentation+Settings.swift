import Faults
import StampData

extension SettingOption {
    static let augmentation =
        [
            SettingOption(
                "--augment", values: { $0.augmentation.kinds.isEmpty ? nil : [$0.augmentation.kinds] },
                deciding: { $0.augmentation == .none ? nil : "\($0.augmentation)" })
        ]
        + Augmentation.Strength.all.map { strength in
            SettingOption(
                strength.option,
                values: {
                    let value = $0.augmentation[keyPath: strength.path]
                    return value > 0 ? ["\(value)"] : nil
                },
                check: {
                    let value = $0.augmentation[keyPath: strength.path]
                    if value != 0 { try strength.requirement.check(value, of: strength.option) }
                })
        }
}

extension Augmentation {
    /// A kind of variation that has a strength.
    package struct Strength: Sendable {
        let kind: String
        let option: String
        let path: any WritableKeyPath<Augmentation, Float> & Sendable
        /// Strengths are below this.
        let limit: Float

        package static let shift = Strength(kind: "shifts", option: "--augment-shift", path: \.shift, limit: 1000)
        package static let noise = Strength(kind: "noise", option: "--augment-noise", path: \.noise, limit: 1e6)
        package static let contrast = Strength(
            kind: "contrast", option: "--augment-contrast", path: \.contrast, limit: 1)
        static let all = [shift, noise, contrast]

        fileprivate var requirement: Requirement<Float> {
            Requirement(
                "must be a positive number below \(limit)",
                remedy: "give, for instance, \(Augmentation.all[keyPath: path])"
            ) { [limit] in $0 > 0 && $0 < limit }
        }
    }

    /// Reads the value of `--augment`: `all`, `none`, or some of the kinds, as strong as is usual.
    ///
    /// - Throws: `Fault(.usage)` for an unknown kind.
    package init(option list: String) throws {
        self = list == "all" ? .all : .none
        if list == "none" || list == "all" { return }
        for kind in list.split(separator: ",", omittingEmptySubsequences: false) {
            if kind == "symmetries" {
                symmetries = true
            } else if let strength = Strength.all.first(where: { $0.kind == kind }) {
                self[keyPath: strength.path] = Augmentation.all[keyPath: strength.path]
            } else {
                throw Fault(
                    .usage, "--augment \(list)", "names the unknown kind '\(kind)'",
                    remedy: "give all, none, or some of symmetries,shifts,noise,contrast")
            }
        }
    }

    /// Makes a kind that is on so strong; nil leaves it as it is.
    ///
    /// - Throws: `Fault(.usage)` for a strength that is out of range or of a kind that is off.
    package mutating func set(_ strength: Strength, to value: Float?) throws {
        guard let value else { return }
        try strength.requirement.check(value, of: strength.option)
        guard self[keyPath: strength.path] > 0 else {
            throw Fault(
                .usage, strength.option, "needs \(strength.kind) among the kinds of --augment",
                remedy: "add --augment \(strength.kind), or leave it out")
        }
        self[keyPath: strength.path] = value
    }

    /// The kinds that are on, as `--augment` names them.
    fileprivate var kinds: String {
        let strengths = Strength.all.filter { self[keyPath: $0.path] > 0 }
        return ((symmetries ? ["symmetries"] : []) + strengths.map(\.kind)).joined(separator: ",")
    }
}
