/// How often each kind of stamp is made: weights, relative to their sum within a class.
public struct KindShares<Kind: SimulatedKind>: Hashable, Sendable {
    private var weights: [Kind: Double]
    /// The kinds of each class that occur, in the order of their declaration, and where each one's part of [0, 1) ends.
    private let intervals: [StampSimulator.Population: [Interval]]

    private struct Interval: Hashable, Sendable {
        let kind: Kind
        let end: Double
    }

    /// - Parameters:
    ///   - weights: at least 0 and finite; kinds that are not named do not occur. In a class with named kinds their sum
    ///     is positive.
    ///   - usual: the weights of a class without named kinds.
    public init(_ weights: [Kind: Double], usual: [Kind: Double] = Kind.standardWeights) {
        precondition(weights.values.allSatisfy { $0 >= 0 && $0.isFinite }, "a weight is a number of at least 0")
        var all: [Kind: Double] = [:]
        var intervals: [StampSimulator.Population: [Interval]] = [:]
        for population in StampSimulator.Population.allCases {
            let kinds = Kind.allCases.filter { $0.population == population }
            let given = kinds.contains { weights[$0] != nil } ? weights : usual
            let sum = kinds.reduce(0) { $0 + given[$1, default: 0] }
            precondition(sum > 0 && sum.isFinite, "the class of \(population) has no kind")
            var end = 0.0
            for kind in kinds where given[kind, default: 0] > 0 {
                all[kind] = given[kind, default: 0] / sum
                end += given[kind, default: 0] / sum
                intervals[population, default: []].append(Interval(kind: kind, end: end))
            }
        }
        self.weights = all
        self.intervals = intervals
    }

    /// The default of `simulate`.
    public static var standard: KindShares { KindShares(Kind.standardWeights) }

    /// The default of `simulate --exposures`.
    public static var coadd: KindShares { KindShares(Kind.coaddWeights) }

    /// The share of a kind in its class, 0 to 1.
    public func share(of kind: Kind) -> Double { weights[kind, default: 0] }

    /// The kind at a position in 0 ..< 1, of which each kind takes up its share.
    func kind(of population: StampSimulator.Population, at place: Float) -> Kind {
        let intervals = intervals[population, default: []]
        // The last sum may round to less than 1.
        return intervals.first { Double(place) < $0.end }?.kind ?? intervals[intervals.count - 1].kind
    }
}
