/// What became of a trial at a rung.
public struct TrialResult: Codable, Hashable, Sendable {
    /// From 1.
    public let trial: Int
    public let outcome: Outcome

    public init(trial: Int, outcome: Outcome) { (self.trial, self.outcome) = (trial, outcome) }

    public enum Outcome: Codable, Hashable, Sendable {
        /// It has trained so many epochs, and the metric then had this value.
        case measured(epochs: Int, value: Double)
        /// It could not go on, for instance because its loss became infinite.
        case failed(String)
    }

    /// The metric; nil of a trial that has failed, and where it is not a number.
    public var value: Double? {
        if case .measured(_, let value) = outcome, value.isFinite { value } else { nil }
    }

    /// The best first: by the metric, and of equal ones by their number. What has failed is last.
    public static func ranked(_ results: [TrialResult], growsBetter: Bool) -> [TrialResult] {
        results.sorted { a, b in
            switch (a.value, b.value) {
            case (let x?, let y?) where x != y: growsBetter ? x > y : x < y
            case (.some, nil): true
            case (nil, .some): false
            default: a.trial < b.trial
            }
        }
    }

    /// The numbers of the trials that go on to the next rung, in their order; fewer than asked for where others have
    /// failed.
    public static func promoted(_ results: [TrialResult], growsBetter: Bool, count: Int) -> [Int] {
        ranked(results, growsBetter: growsBetter).filter { $0.value != nil }.prefix(count).map(\.trial).sorted()
    }
}
