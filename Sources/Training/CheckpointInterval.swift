import Faults

/// How often a run writes a checkpoint: `--checkpoint-every`.
///
/// Steps and times count beside the epochs: after each epoch there is a checkpoint anyway.
public enum CheckpointInterval: Hashable, Sendable {
    /// At the end of every so many epochs, and of the last.
    case epochs(Int)
    /// Whenever the number of steps in the run is a multiple, and after each epoch.
    case steps(Int)
    /// So many seconds after the last one, and after each epoch.
    case seconds(Int)

    /// Reads `200steps`, `500s`, `10m`, `2h` or `1epoch`.
    ///
    /// - Throws: `Fault(.usage)`.
    public init(parsing text: String) throws {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        guard let number = Int(digits), number >= 1, number <= 1 << 30 else { throw Self.unknown(text) }
        switch unit {
        case "epoch", "epochs": self = .epochs(number)
        case "step", "steps": self = .steps(number)
        case "s": self = .seconds(number)
        case "m": self = .seconds(60 * number)
        case "h": self = .seconds(3600 * number)
        default: throw Self.unknown(text)
        }
    }

    private static func unknown(_ text: String) -> Fault {
        Fault(
            .usage, "--checkpoint-every \(text)", "is neither a number of steps or epochs nor a time",
            remedy: "give, for instance, 200steps, 500s, 10m, 2h or 1epoch")
    }

    /// Whether there is a checkpoint at the end of an epoch.
    ///
    /// - Parameters:
    ///   - completed: epochs that are complete.
    ///   - epochs: those of the whole run.
    func includesEnd(ofEpoch completed: Int, of epochs: Int) -> Bool {
        guard case .epochs(let every) = self else { return true }
        return completed.isMultiple(of: every) || completed == epochs
    }
}

extension CheckpointInterval: CustomStringConvertible {
    /// As on the command line.
    public var description: String {
        switch self {
        case .epochs(let count): count == 1 ? "1epoch" : "\(count)epochs"
        case .steps(let count): count == 1 ? "1step" : "\(count)steps"
        case .seconds(let count): "\(count)s"
        }
    }
}

/// When a checkpoint within an epoch is due. Rank 0's alone: its clock and its disk decide for all.
struct CheckpointSchedule {
    private let interval: CheckpointInterval
    private var last: ContinuousClock.Instant
    private var isOwed = false

    init(_ interval: CheckpointInterval, from start: ContinuousClock.Instant) {
        self.interval = interval
        last = start
    }

    /// Whether a checkpoint should be written after this step. One that is due while the last is still being written
    /// stays due until that is done: training does not wait for the disk.
    ///
    /// - Parameter step: steps done since the start of the run.
    mutating func isDue(step: Int, at now: ContinuousClock.Instant, writerIsBusy: Bool) -> Bool {
        switch interval {
        case .epochs: return false
        case .steps(let every): if step.isMultiple(of: every) { isOwed = true }
        case .seconds(let seconds): if now - last >= .seconds(seconds) { isOwed = true }
        }
        return isOwed && !writerIsBusy
    }

    /// A checkpoint was taken.
    mutating func note(at now: ContinuousClock.Instant) {
        last = now
        isOwed = false
    }
}
