import ArgumentParser
import Faults
import Settings

/// How a trained network decides.
struct DecisionOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Choose the threshold on the validation set that finds this share of its sources.", valueName: "share"))
    var targetCompleteness: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Choose the threshold on the validation set above which this share are sources.", valueName: "share"))
    var targetPurity: Double?

    @Flag(
        inversion: .prefixedNo,
        help: "Scale probabilities so that they mean what they say (by a temperature). (notebook: no, survey: yes)")
    var calibrate: Bool?

    func apply(to configuration: inout TrainingConfiguration) throws {
        for (name, share) in [("--target-completeness", targetCompleteness), ("--target-purity", targetPurity)] {
            guard let share else { continue }
            guard share > 0, share <= 1 else {
                throw Fault(
                    .usage, "\(name) \(share)", "must be above 0 and at most 1", remedy: "give, for instance, 0.95")
            }
        }
        guard targetCompleteness == nil || targetPurity == nil else {
            throw Fault(
                .usage, "--target-purity", "cannot stand beside --target-completeness: one threshold meets one target",
                remedy: "leave one out")
        }
        if let calibrate { configuration.decision.calibrate = calibrate }
        configuration.decision.targetCompleteness = targetCompleteness
        configuration.decision.targetPurity = targetPurity
        guard targetCompleteness == nil && targetPurity == nil || configuration.split.validation > 0 else {
            throw Fault(
                .usage, targetPurity == nil ? "--target-completeness" : "--target-purity",
                "needs a validation set to choose the threshold on",
                remedy: "give --split a second share above 0")
        }
    }
}
