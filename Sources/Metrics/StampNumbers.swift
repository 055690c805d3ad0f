/// A number of each source, whatever it may be: magnitude, seeing, distance to the next star.
public struct SourceColumn: Sendable {
    /// What tables call it.
    public let name: String
    /// Of each source, by its index among the sources; all finite.
    public let values: [Double]

    public init(name: String, values: [Double]) {
        precondition(values.allSatisfy(\.isFinite), "a column with a value that is not finite")
        self.name = name
        self.values = values
    }

    /// The most bins that sources are cut into.
    static let mostBins = 10
    /// The least number of sources that a bin has on average, unless there are fewer in all.
    static let leastSources = 5

    /// Bins of equal numbers of values, as nearly as equal values allow, which stay together: value v is in the first bin
    /// k, from 1, with v ≤ qₖ, where qₖ is the quantile k / count as `numpy.quantile` interpolates it.
    ///
    /// - Returns: the places of each bin's values, from small to large; no bin is empty.
    static func bins(_ values: [Double], count: Int) -> [[Int]] {
        guard !values.isEmpty else { return [] }
        let ordered = values.sorted()
        let edges = (1...count).map { ordered.quantile(Double($0) / Double(count)) }
        var bins = [[Int]](repeating: [], count: count)
        for (place, value) in values.enumerated() { bins[edges.firstIndex { value <= $0 } ?? count - 1].append(place) }
        return bins.filter { !$0.isEmpty }
    }

    /// How many bins so many sources are cut into.
    static func binCount(_ sources: Int) -> Int { min(mostBins, max(1, sources / leastSources)) }
}

extension [Double] {
    /// `numpy.quantile` with linear interpolation, of numbers in rising order; at least one.
    func quantile(_ share: Double) -> Double {
        let place = share * Double(count - 1), low = Int(place)
        let next = self[Swift.min(low + 1, count - 1)]
        return self[low] + (place - Double(low)) * (next - self[low])
    }
}
