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
    package func includesEnd(ofEpoch completed: Int, of epochs: Int) -> Bool {
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
