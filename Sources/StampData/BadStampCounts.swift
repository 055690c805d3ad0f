/// Stamps left out by `--skip-bad`, of each class: constant ones, and those with NaN or infinite pixels.
public struct BadStampCounts: Hashable, Sendable {
    private let counts: [String: Int]

    /// - Parameter counts: of each class, in their order.
    public init(_ counts: [Int], of classes: StampClasses) {
        precondition(counts.count == classes.count, "\(counts.count) counts of \(classes.count) classes")
        self.counts = Dictionary(uniqueKeysWithValues: counts.enumerated().map { (classes.key($0), $1) })
    }

    /// None of any class.
    public init(noneOf classes: StampClasses) {
        self.init(Array(repeating: 0, count: classes.count), of: classes)
    }

    /// How many were left out of a class; nil where that was not noted.
    public func count(of label: Int, in classes: StampClasses) -> Int? { counts[classes.key(label)] }

    /// How many were left out in all.
    public var total: Int { counts.values.reduce(0, +) }
}

/// An object with a number for each class: `{"noise": 0, "sources": 3}`, or the classes' own names.
extension BadStampCounts: Codable {
    public init(from decoder: any Decoder) throws {
        counts = try decoder.singleValueContainer().decode([String: Int].self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(counts)
    }
}
