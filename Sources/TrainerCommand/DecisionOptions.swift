import ArgumentParser
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
        help: "Calibrate probabilities with a temperature fitted on the validation set. (notebook: no, survey: yes)")
    var calibrate: Bool?

    func apply(to decision: inout DecisionSettings) {
        if let calibrate { decision.calibrate = calibrate }
        decision.targetCompleteness = targetCompleteness
        decision.targetPurity = targetPurity
    }
}
