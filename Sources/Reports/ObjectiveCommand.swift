import Optimizers

/// The options of `ObjectiveOptions` that make a run's settings again; settings of a run before there were any say nothing.
enum ObjectiveCommand {
    static func words(_ settings: RunSettings) -> [String] {
        schedule(settings.schedule ?? Schedule()) + objective(settings.objective ?? Objective())
            + regularization(settings.regularization ?? Regularization()) + stopping(settings.stopping ?? Stopping())
    }

    private static func schedule(_ schedule: Schedule) -> [String] {
        var words: [String] = []
        if schedule.kind != .constant { words += ["--schedule", schedule.kind.rawValue] }
        if schedule.kind == .step || schedule.kind == .exponential {
            words += ["--schedule-factor", "\(schedule.factor)", "--schedule-every", "\(schedule.every)"]
        }
        if let warmup = schedule.warmup { words += ["--warmup", "\(warmup)"] }
        if schedule.scalesWithBatch { words.append("--scale-learning-rate") }
        return words
    }

    private static func objective(_ objective: Objective) -> [String] {
        var words: [String] = []
        if objective.labelSmoothing != 0 { words += ["--label-smoothing", "\(objective.labelSmoothing)"] }
        if objective.classWeights != .equal { words += ["--class-weights", "\(objective.classWeights)"] }
        return words
    }

    private static func regularization(_ regularization: Regularization) -> [String] {
        var words: [String] = []
        if regularization.weightDecay != 0 { words += ["--weight-decay", "\(regularization.weightDecay)"] }
        if let norm = regularization.clipNorm { words += ["--clip-norm", "\(norm)"] }
        if let momentum = regularization.averaging { words += ["--ema", "\(momentum)"] }
        return words
    }

    private static func stopping(_ stopping: Stopping) -> [String] {
        var words: [String] = []
        if let early = stopping.early {
            words += ["--early-stopping", early.metric.rawValue, "--patience", "\(early.patience)"]
            words += ["--min-delta", "\(early.minimumDelta)"]
        }
        if let plateau = stopping.plateau { words += ["--reduce-on-plateau", "\(plateau.factor),\(plateau.patience)"] }
        return words
    }
}
