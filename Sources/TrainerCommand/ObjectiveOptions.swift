import ArgumentParser
import Faults
import Optimizers
import Settings

/// What training minimises, how long its steps are, and when it ends. What is not given is as the recipe has it.
struct ObjectiveOptions: ParsableArguments {
    @Option(
        help:
            "How the learning rate changes: constant, step, exponential, cosine or one-cycle. (notebook: constant, survey: cosine)"
    )
    var schedule: Schedule.Kind?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What step and exponential multiply the rate with. (default: 0.1)", valueName: "x"))
    var scheduleFactor: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How often they do: 500steps, 10epochs or a share of the run. (default: a third)", valueName: "span"))
    var scheduleEvery: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Let the rate rise at first for 500steps, 1epoch or 0.05 of the run. (survey: 1epoch)", valueName: "span"))
    var warmup: String?

    @Flag(help: "Multiply the learning rate by batch/256.")
    var scaleLearningRate = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Share of the target that goes to all classes alike. (notebook: 0)", valueName: "x"))
    var labelSmoothing: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How much noise and sources count: balanced, or two numbers a,b.", valueName: "weights"))
    var classWeights: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Weight decay of kernels. (default: 0.004 for adamw, else 0)", valueName: "x"))
    var weightDecay: Float?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Shorten gradients whose norm is larger.", valueName: "x"))
    var clipNorm: Float?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Evaluate the average of the weights over the steps, with this momentum.", valueName: "m"))
    var ema: Float?

    @Option(
        help: ArgumentHelp(
            "End when this gets no better, with the best weights: loss, accuracy, val_loss or val_accuracy.",
            valueName: "metric"))
    var earlyStopping: Stopping.Metric?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Epochs that --early-stopping waits. (default: 5)", valueName: "n"))
    var patience: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What counts as better for it: by more than this. (default: 0)", valueName: "x"))
    var minDelta: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Multiply the learning rate by a factor after so many epochs without a better validation loss.",
            valueName: "factor,n"))
    var reduceOnPlateau: String?

    /// Gives a configuration what the options say.
    ///
    /// - Throws: `Fault(.usage)` for values that make no sense, alone or together.
    func apply(to configuration: inout TrainingConfiguration) throws {
        try applySchedule(to: &configuration.schedule)
        try applyObjective(to: &configuration.objective)
        try applyRegularization(to: &configuration.regularization)
        try applyStopping(to: &configuration.stopping)
    }

    // MARK: Groups

    private func applySchedule(to settings: inout Schedule) throws {
        if let schedule { settings.kind = schedule }
        let hasFactor = settings.kind == .step || settings.kind == .exponential
        if let scheduleFactor {
            try check(hasFactor, "--schedule-factor", "goes with --schedule step or exponential", "add one of them")
            try check(
                scheduleFactor > 0 && scheduleFactor <= 1, "--schedule-factor \(scheduleFactor)",
                "must be above 0 and up to 1", "give, for instance, 0.1")
            settings.factor = scheduleFactor
        }
        if let scheduleEvery {
            try check(hasFactor, "--schedule-every", "goes with --schedule step or exponential", "add one of them")
            settings.every = try span(scheduleEvery, "--schedule-every")
        }
        if let warmup { settings.warmup = try span(warmup, "--warmup") }
        if scaleLearningRate { settings.scalesWithBatch = true }
    }

    private func applyObjective(to settings: inout Objective) throws {
        if let labelSmoothing {
            try check(
                labelSmoothing >= 0 && labelSmoothing < 1, "--label-smoothing \(labelSmoothing)",
                "must be from 0 to below 1", "give, for instance, 0.1")
            settings.labelSmoothing = labelSmoothing
        }
        if classWeights == "balanced" {
            settings.classWeights = .balanced
        } else if let classWeights {
            let numbers = classWeights.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
            guard numbers.count == 2, let noise = numbers[0], let sources = numbers[1],
                [noise, sources].allSatisfy({ $0 >= 0 && $0.isFinite }), noise + sources > 0
            else {
                throw Fault(
                    .usage, "--class-weights \(classWeights)", "is neither `balanced` nor two weights",
                    remedy: "give, for instance, 1,2 for sources that count twice")
            }
            settings.classWeights = .given(noise, sources)
        }
    }

    private func applyRegularization(to settings: inout Regularization) throws {
        if let weightDecay {
            try check(
                weightDecay >= 0 && weightDecay.isFinite, "--weight-decay \(weightDecay)",
                "must be 0 or a positive number",
                "give, for instance, 0.004")
            settings.weightDecay = weightDecay
        }
        if let clipNorm {
            try check(
                clipNorm > 0 && clipNorm.isFinite, "--clip-norm \(clipNorm)", "must be a positive number",
                "give, for instance, 1")
            settings.clipNorm = clipNorm
        }
        if let ema {
            try check(ema > 0 && ema < 1, "--ema \(ema)", "must be between 0 and 1", "give, for instance, 0.999")
            settings.averaging = ema
        }
    }

    private func applyStopping(to settings: inout Stopping) throws {
        if let earlyStopping { settings.early = Stopping.Early(metric: earlyStopping) }
        if let patience {
            try check(settings.early != nil, "--patience", "goes with --early-stopping", "name the metric to watch")
            try check(
                (1...1 << 30).contains(patience), "--patience \(patience)", "must be from 1 to \(1 << 30)",
                "give a positive whole number")
            settings.early?.patience = patience
        }
        if let minDelta {
            try check(settings.early != nil, "--min-delta", "goes with --early-stopping", "name the metric to watch")
            try check(
                minDelta >= 0 && minDelta.isFinite, "--min-delta \(minDelta)", "must be 0 or a positive number",
                "give, for instance, 0.001")
            settings.early?.minimumDelta = minDelta
        }
        if let reduceOnPlateau {
            let parts = reduceOnPlateau.split(separator: ",", omittingEmptySubsequences: false)
            guard parts.count == 2, let factor = Double(parts[0]), factor > 0, factor < 1, let patience = Int(parts[1]),
                (1...1 << 30).contains(patience)
            else {
                throw Fault(
                    .usage, "--reduce-on-plateau \(reduceOnPlateau)", "is not a factor below 1 and a number of epochs",
                    remedy: "give, for instance, 0.5,3")
            }
            settings.plateau = Stopping.Plateau(
                metric: settings.early?.metric ?? .validationLoss, factor: factor, patience: patience)
        }
    }

    // MARK: Checks

    private func span(_ text: String, _ option: String) throws -> Span {
        guard let span = Span(text) else {
            throw Fault(
                .usage, "\(option) \(text)", "is neither steps, epochs nor a share of the run",
                remedy: "give, for instance, 500steps, 1epoch or 0.05")
        }
        return span
    }

    private func check(_ isRight: Bool, _ subject: String, _ problem: String, _ remedy: String) throws {
        if !isRight { throw Fault(.usage, subject, problem, remedy: remedy) }
    }
}

extension Schedule.Kind: ExpressibleByArgument {}
extension Stopping.Metric: ExpressibleByArgument {}
