import Faults

/// What texts call two classes: noise and sources as people call them, others by their names.
public struct TwoClassWords: Hashable, Sendable {
    /// On one line each.
    public let names: [String]
    /// Whether these are noise and sources.
    public let areUsual: Bool

    /// - Parameter classNames: of class 0 and class 1.
    public init(_ classNames: [String]) {
        precondition(classNames.count == 2, "\(classNames) are not the names of two classes")
        areUsual = classNames == ClassificationMetrics.noiseAndSource
        names = classNames.map(\.printable)
    }

    /// One of class 1: `a source`, or `galaxy`.
    public var oneSource: String { areUsual ? "a source" : names[1] }
    /// What class 1 is counted as: `sources`, or `stamps of galaxy`.
    public var sources: String { areUsual ? "sources" : "stamps of \(names[1])" }
    /// What class 0 is counted as: `noise stamps`, or `stamps of star`.
    public var noiseStamps: String { areUsual ? "noise stamps" : "stamps of \(names[0])" }
    /// All of class 0, after an article: `noise`, or `stamps of star`.
    public var noise: String { areUsual ? "noise" : noiseStamps }
    /// What a stamp is taken for that is taken for one of class 1: `sources`, or `galaxy`.
    public var mistakenFor: String { areUsual ? "sources" : names[1] }
    /// The stamps of a class that are taken for the other: false positives of class 0, misses of class 1.
    public func mistakes(trueClass: Int) -> String {
        trueClass == 0
            ? "False positives: \(noise) taken for \(mistakenFor)" : "Misses: \(sources) taken for \(names[0])"
    }
    /// The heading of a column that counts class 1: `sources`, or `galaxy`.
    public var heading: String { mistakenFor }
}
