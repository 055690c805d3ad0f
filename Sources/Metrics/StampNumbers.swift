import Files

/// A number of each stamp, whatever it may be: magnitude, seeing, distance to the next star.
public struct StampNumbers: Sendable {
    /// What tables call it.
    public let name: String
    /// Of each stamp, by its index; finite, or NaN for a stamp that has none.
    public let values: [Double]

    public init(name: String, values: [Double]) {
        precondition(!values.contains(where: \.isInfinite), "a column with a value that is infinite")
        self.name = name
        self.values = values
    }

    /// The most bins that stamps are cut into.
    static let mostBins = 10
    /// The least number of stamps that a bin has on average, unless there are fewer in all.
    static let leastStamps = 5

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

    /// How many bins so many stamps are cut into.
    static func binCount(_ stamps: Int) -> Int { min(mostBins, max(1, stamps / leastStamps)) }

    /// The values of a bin, for people.
    static func range(_ lower: Double, _ upper: Double) -> String {
        lower == upper
            ? FormattedNumber.short(lower) : "\(FormattedNumber.short(lower))–\(FormattedNumber.short(upper))"
    }

    /// Those of some stamps that have a number, in bins of equal numbers of stamps.
    ///
    /// - Returns: for each bin, from small to large, its least and its largest value, and the places of its stamps in
    ///   `indices`.
    func bins(of indices: [Int]) -> [(lower: Double, upper: Double, places: [Int])] {
        let known = indices.indices.filter { !values[indices[$0]].isNaN }
        let numbers = known.map { values[indices[$0]] }
        return Self.bins(numbers, count: Self.binCount(known.count)).map { places in
            let inBin = places.map { numbers[$0] }
            return (inBin.min()!, inBin.max()!, places.map { known[$0] })
        }
    }
}

extension [Double] {
    /// `numpy.quantile` with linear interpolation, of numbers in rising order; at least one.
    func quantile(_ share: Double) -> Double {
        let place = share * Double(count - 1), low = Int(place)
        let next = self[Swift.min(low + 1, count - 1)]
        return self[low] + (place - Double(low)) * (next - self[low])
    }
}
