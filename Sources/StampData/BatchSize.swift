/// How many samples a batch has, over all ranks together: `--batch-size`.
public enum BatchSize: Hashable, Sendable {
    case samples(Int)
    /// The whole training set: full-batch gradient descent.
    case full

    /// The number, if there is one.
    public var samples: Int? {
        if case .samples(let count) = self { count } else { nil }
    }
}

extension BatchSize: LosslessStringConvertible {
    /// Reads what `description` writes: a number, or `full`; nil for anything else.
    public init?(_ text: String) {
        if text == "full" {
            self = .full
        } else if let count = Int(text) {
            self = .samples(count)
        } else {
            return nil
        }
    }

    public var description: String {
        switch self {
        case .samples(let count): "\(count)"
        case .full: "full"
        }
    }
}

/// As JSON: a number, or the string `full`.
extension BatchSize: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if (try? container.decode(String.self)) == "full" {
            self = .full
        } else {
            self = .samples(try container.decode(Int.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .samples(let count): try container.encode(count)
        case .full: try container.encode(description)
        }
    }
}
