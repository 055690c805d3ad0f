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

    enum CodingKeys: String, CodingKey {
        case calibrate
        case targetCompleteness = "target_completeness"
        case targetPurity = "target_purity"
    }
}
