import Faults
import StampData

/// What a run is to make of its validation set once it has trained.
public struct DecisionSettings: Codable, Hashable, Sendable {
    /// Keras' way: probabilities as the network gives them, and the larger one decides.
    public static let standard = DecisionSettings()

    /// Whether the logits are divided by the temperature that suits the validation set best.
    public var calibrate = false
    /// The completeness on the validation set that the threshold is chosen for; nil for none.
    public var targetCompleteness: Double?
    /// The purity on the validation set that the threshold is chosen for; nil for none.
    public var targetPurity: Double?

    public init(calibrate: Bool = false, targetCompleteness: Double? = nil, targetPurity: Double? = nil) {
        self.calibrate = calibrate
        self.targetCompleteness = targetCompleteness
        self.targetPurity = targetPurity
    }

    /// What the threshold is chosen for: the option and its value; nil where it is not chosen.
    package var target: (option: String, share: Double)? {
        targetCompleteness.map { ("--target-completeness", $0) } ?? targetPurity.map { ("--target-purity", $0) }
    }

    enum CodingKeys: String, CodingKey {
        case calibrate
        case targetCompleteness = "target_completeness"
        case targetPurity = "target_purity"
    }
}

extension SettingOption {
    static let decision = [
        SettingOption(flag: "--calibrate", \.decision.calibrate),
        SettingOption("--target-completeness", \.decision.targetCompleteness, must: .share),
        SettingOption("--target-purity", \.decision.targetPurity, must: .share),
    ]
}

extension Requirement where Value == Double {
    fileprivate static var share: Requirement {
        Requirement("must be above 0 and at most 1", remedy: "give, for instance, 0.95") { $0 > 0 && $0 <= 1 }
    }
}

extension DecisionSettings {
    /// - Throws: `Fault(.usage)` for targets that cannot be met, whatever the network.
    func check(hasValidation: Bool) throws {
        guard targetCompleteness == nil || targetPurity == nil else {
            throw Fault(
                .usage, "--target-purity", "cannot stand beside --target-completeness: one threshold meets one target",
                remedy: "leave one out")
        }
        guard targetCompleteness == nil && targetPurity == nil || hasValidation else {
            throw Fault(
                .usage, targetPurity == nil ? "--target-completeness" : "--target-purity",
                "needs a validation set to choose the threshold on",
                remedy: "give --split a second share above 0")
        }
    }
}
