import ArgumentParser
import Faults
import RunRecords
import Training

/// What a run does when it gets no better, and which weights it is judged by.
struct StoppingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "End when this gets no better, with the best weights: loss, accuracy, val_loss or val_accuracy.",
            valueName: "metric"))
    var earlyStopping: MonitoredMetric?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Epochs without an improvement that --early-stopping bears. (default: 5)", valueName: "n"))
    var patience: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What --early-stopping takes for an improvement is larger. (default: 0)", valueName: "x"))
    var minDelta: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Multiply the learning rate by a factor after so many epochs without a lower val_loss.",
            valueName: "factor,n"))
    var reduceOnPlateau: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Evaluate an average of the weights over steps, of this momentum.", valueName: "m"))
    var ema: Float?

    func apply(to configuration: inout TrainingConfiguration) throws {
        if let earlyStopping {
            configuration.earlyStopping = EarlyStopping(metric: earlyStopping, patience: 5)
        }
        for (name, isGiven) in [("--patience", patience != nil), ("--min-delta", minDelta != nil)]
        where isGiven && configuration.earlyStopping == nil {
            throw Fault(
                .usage, name, "needs --early-stopping", remedy: "add --early-stopping val_loss, or leave it out")
        }
        if let patience {
            guard (1...1 << 30).contains(patience) else {
                throw Fault(.usage, "--patience \(patience)", "must be at least 1", remedy: "give, for instance, 5")
            }
            configuration.earlyStopping?.patience = patience
        }
        if let minDelta {
            guard minDelta >= 0, minDelta.isFinite else {
                throw Fault(.usage, "--min-delta \(minDelta)", "must be 0 or more", remedy: "give, for instance, 0.001")
            }
            configuration.earlyStopping?.minimumDelta = minDelta
        }
        if let reduceOnPlateau { configuration.plateauReduction = try plateauReduction(reduceOnPlateau, configuration) }
        if let ema {
            guard ema > 0, ema < 1 else {
                throw Fault(
                    .usage, "--ema \(ema)", "must lie between 0 and 1", remedy: "give, for instance, 0.999")
            }
            configuration.averageMomentum = ema
        }
        if let metric = configuration.earlyStopping?.metric, metric.needsValidation,
            configuration.split.validation == 0
        {
            throw Fault(
                .usage, "--early-stopping \(metric.rawValue)", "needs a validation set",
                remedy: "give --split a second share above 0, or watch loss or accuracy")
        }
    }

    /// Without a validation set the training loss is watched.
    private func plateauReduction(_ text: String, _ configuration: TrainingConfiguration) throws -> PlateauReduction {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 2, let factor = Float(fields[0]), let patience = Int(fields[1]), factor > 0, factor < 1,
            patience > 0
        else {
            throw Fault(
                .usage, "--reduce-on-plateau \(text)",
                "must be a factor between 0 and 1, a comma and a number of epochs",
                remedy: "give, for instance, 0.5,3")
        }
        return PlateauReduction(
            metric: configuration.split.validation > 0 ? .validationLoss : .loss, factor: factor, patience: patience)
    }
}

extension MonitoredMetric: ExpressibleByArgument {}
