import Files
import Monitoring
import RunRecords

/// What a report says of a run that is not finished.
struct UnfinishedRun {
    /// How many rows of steps are listed.
    private static let mostSteps = 10

    let status: RunStatus
    let steps: [StepRow]

    /// How it stands, and what can be done.
    var note: HTML {
        HTML(
            "p", [("class", "note")],
            [HTML("b", text: "This run is not finished: "), HTML(text: "\(state). \(progress)")])
    }

    private var state: String {
        let place = status.owner.map { " on \($0.host)" } ?? ""
        return switch status.state {
        case .starting, .running: "it is under way\(place)"
        case .silent:
            "it has written nothing\(place) for \(status.silence.map(FormattedNumber.clock) ?? "an unknown time")"
        case .stopped: "it was asked to stop"
        case .failed(let message): "it has failed, \(message)"
        case .paused: "it has trained as far as it was to"
        case .died: "its program has ended without a word"
        case .finished: "it has not noted its end"
        }
    }

    private var progress: String {
        guard let plan = status.plan else { return "It has not begun to train." }
        var text =
            "\(status.history.count) of \(FormattedNumber.counted(plan.epochs, "epoch")) "
            + "\(plan.epochs == 1 ? "is" : "are") done"
        if let step = status.step {
            let done = step.step - status.history.count * plan.stepsPerEpoch
            text += ", and \(done) of the \(FormattedNumber.counted(plan.stepsPerEpoch, "step")) of the next"
        }
        text += "; this page shows what there is so far."
        if let checkpoint = status.checkpoint, !status.isWatched {
            text += " The same command with --resume goes on from step \(checkpoint.step)."
        }
        return text
    }

    /// The last steps; nil for none.
    var section: HTML? {
        guard !steps.isEmpty else { return nil }
        let rows = steps.suffix(Self.mostSteps).map { row in
            [
                "\(row.step)", "\(row.epoch)", FormattedNumber.metric(row.loss), FormattedNumber.fixed(row.accuracy, 4),
                FormattedNumber.significant(Double(row.learningRate), 4),
                FormattedNumber.fixed(row.samplesPerSecond, 0),
            ]
        }
        return HTML.section(
            "Steps",
            [
                HTML.table(
                    caption:
                        "The last \(FormattedNumber.counted(rows.count, "row")) of steps; all are in metrics.jsonl",
                    ["step", "epoch", "loss", "accuracy", "learning rate", "stamps/s"], rows, numbers: Set(0..<6))
            ])
    }
}
