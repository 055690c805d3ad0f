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
        guard let interval = Self(text, most: 1 << 30) else {
            throw Requirement<Self>.interval.fault(of: "--checkpoint-every", text)
        }
        self = interval
    }

    /// - Parameter most: the largest number that is read.
    private init?(_ text: String, most: Int) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), (1...most).contains(number) else { return nil }
        switch text.dropFirst(digits.count).drop(while: { $0 == " " }) {
        case "epoch", "epochs": self = .epochs(number)
        case "step", "steps": self = .steps(number)
        case "s": self = .seconds(number)
        case "m": self = .seconds(60 * number)
        case "h": self = .seconds(3600 * number)
        default: return nil
        }
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

extension CheckpointInterval: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        // As many seconds as there may be hours.
        guard let interval = Self(text, most: 3600 << 30) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no interval")
        }
        self = interval
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Requirement where Value == CheckpointInterval {
    static var interval: Requirement {
        Requirement(
            "is neither a number of steps or epochs nor a time",
            remedy: "give, for instance, 200steps, 500s, 10m, 2h or 1epoch"
        ) {
            switch $0 {
            case .epochs(let count), .steps(let count), .seconds(let count): count >= 1
            }
        }
    }
}
