import ArgumentParser
import Settings
import StampData

/// How training stamps vary from epoch to epoch. What is not given is as the recipe has it.
struct AugmentationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Vary training stamps: all, none, or some of symmetries,shifts,noise,contrast. (notebook: none, survey: \
            symmetries,shifts, kbmod: symmetries)
            """,
            valueName: "kinds"))
    var augment: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Largest shift along each axis, in pixels. (default: 0.5)", valueName: "x"))
    var augmentShift: Float?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Largest standard deviation of added noise, in units of the stamp's sky. (default: 1.0)", valueName: "x"))
    var augmentNoise: Float?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Contrast varies within 1 ± this; less than 1. (default: 0.2)", valueName: "x"))
    var augmentContrast: Float?

    /// - Throws: a fault for an unknown kind, and for a strength that is out of range or of a kind that is off.
    func apply(to augmentation: inout Augmentation) throws {
        if let augment { augmentation = try Augmentation(option: augment) }
        try augmentation.set(.shift, to: augmentShift)
        try augmentation.set(.noise, to: augmentNoise)
        try augmentation.set(.contrast, to: augmentContrast)
    }
}
