import Faults

/// How often the stamps of each class are drawn in training.
public enum Sampling: Hashable, Sendable {
    /// Each stamp once in an epoch.
    case uniform
    /// All classes equally often.
    case balanced
    /// Each class with its share of the draws, by its name.
    case shares([ClassShare])

    /// A class's share of the draws, from 0 to 1.
    public struct ClassShare: Hashable, Sendable, Codable {
        public let name: String
        public let share: Double

        public init(name: String, share: Double) { (self.name, self.share) = (name, share) }
    }

    /// The share of each class, in their order; nil where each stamp is drawn once.
    ///
    /// - Throws: `Fault(.usage)` for shares of other classes than these.
    public func shares(of classes: StampClasses) throws -> [Double]? {
        switch self {
        case .uniform: return nil
        case .balanced: return Array(repeating: 1 / Double(classes.count), count: classes.count)
        case .shares(let given):
            guard given.map(\.name).sorted() == classes.names.sorted() else {
                throw Fault(
                    .usage, "--sampling \(self)", "does not give each class its share",
                    remedy: "the classes are \(classes.names.joined(separator: ", "))")
            }
            return classes.names.map { name in given.first { $0.name == name }!.share }
        }
    }
}

extension Sampling: CustomStringConvertible {
    /// As on the command line: `balanced`, or `noise=0.75,source=0.25`.
    public var description: String {
        switch self {
        case .uniform: "uniform"
        case .balanced: "balanced"
        case .shares(let given): given.map { "\($0.name)=\($0.share)" }.joined(separator: ",")
        }
    }
}

/// A name, or the shares of the classes.
extension Sampling: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let given = try? container.decode([ClassShare].self) {
            self = .shares(given)
            return
        }
        switch try container.decode(String.self) {
        case "uniform": self = .uniform
        case "balanced": self = .balanced
        default: throw DecodingError.dataCorruptedError(in: container, debugDescription: "no way to sample")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if case .shares(let given) = self { try container.encode(given) } else { try container.encode(description) }
    }
}
