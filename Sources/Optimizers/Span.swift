/// A stretch of a run: `500steps`, `2epochs`, or `0.05`, a share of the whole.
public enum Span: Hashable, Sendable, Codable, CustomStringConvertible {
    case steps(Int)
    case epochs(Int)
    case share(Double)

    /// Reads what `description` writes; nil for anything else.
    public init?(_ text: String) {
        if let share = Double(text) {
            guard share >= 0, share <= 1 else { return nil }
            self = .share(share)
            return
        }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), number >= 1, number <= 1 << 30 else { return nil }
        switch text.dropFirst(digits.count) {
        case "step", "steps": self = .steps(number)
        case "epoch", "epochs": self = .epochs(number)
        default: return nil
        }
    }

    public var description: String {
        switch self {
        case .steps(let count): count == 1 ? "1step" : "\(count)steps"
        case .epochs(let count): count == 1 ? "1epoch" : "\(count)epochs"
        case .share(let share): "\(share)"
        }
    }

    /// The stretch in steps.
    public func steps(stepsPerEpoch: Int, total: Int) -> Int {
        switch self {
        case .steps(let count): count
        case .epochs(let count): count * stepsPerEpoch
        case .share(let share): Int((share * Double(total)).rounded())
        }
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let span = Span(text) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "\(text) is no span"))
        }
        self = span
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
