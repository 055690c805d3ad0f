import ArgumentParser
import Faults
import Settings
import StampData

/// How training stamps vary from epoch to epoch. What is not given is as the recipe has it.
struct AugmentationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Vary training stamps: all, none, or some of symmetries,shifts,noise,contrast. (notebook: none, survey: symmetries,shifts)",
            valueName: "kinds"))
    var augment: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The farthest shift along each axis, in pixels. (default: 0.5)", valueName: "x"))
    var augmentShift: Float?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The most noise to add, in standard deviations of a stamp's sky. (default: 1.0)", valueName: "x"))
    var augmentNoise: Float?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How much the contrast of normalised stamps varies about 1, less than 1. (default: 0.2)", valueName: "x"))
    var augmentContrast: Float?

    /// - Throws: a fault for an unknown kind, and for a strength that is out of range or of a kind that is off.
    func apply(to configuration: inout TrainingConfiguration) throws {
        if let augment { configuration.augmentation = try Self.kinds(augment) }
        try Self.set(\.shift, of: "shifts", "--augment-shift", augmentShift, below: 1000, in: &configuration)
        try Self.set(\.noise, of: "noise", "--augment-noise", augmentNoise, below: 1e6, in: &configuration)
        try Self.set(\.contrast, of: "contrast", "--augment-contrast", augmentContrast, below: 1, in: &configuration)
    }

    private static func kinds(_ list: String) throws -> Augmentation {
        if list == "none" { return .none }
        if list == "all" { return .all }
        var augmentation = Augmentation.none
        for kind in list.split(separator: ",", omittingEmptySubsequences: false) {
            switch kind {
            case "symmetries": augmentation.symmetries = true
            case "shifts": augmentation.shift = Augmentation.all.shift
            case "noise": augmentation.noise = Augmentation.all.noise
            case "contrast": augmentation.contrast = Augmentation.all.contrast
            default:
                throw Fault(
                    .usage, "--augment \(list)", "names the unknown kind '\(kind)'",
                    remedy: "give all, none, or some of symmetries,shifts,noise,contrast")
            }
        }
        return augmentation
    }

    private static func set(
        _ strength: WritableKeyPath<Augmentation, Float>, of kind: String, _ option: String, _ value: Float?,
        below limit: Float, in configuration: inout TrainingConfiguration
    ) throws {
        guard let value else { return }
        guard value > 0, value < limit else {
            throw Fault(
                .usage, "\(option) \(value)", "must be a positive number below \(limit)",
                remedy: "give, for instance, \(Augmentation.all[keyPath: strength])")
        }
        guard configuration.augmentation[keyPath: strength] > 0 else {
            throw Fault(
                .usage, option, "needs \(kind) among the kinds of --augment",
                remedy: "add --augment \(kind), or leave it out")
        }
        configuration.augmentation[keyPath: strength] = value
    }
}
