import Faults

extension FeaturePreparation {
    /// Measures what is stored of features on the training rows, column by column in the order of the rows: the same
    /// bits wherever it is done.
    ///
    /// The median is `numpy.median`'s of the values that are there; mean and standard deviation are those of
    /// scikit-learn's `StandardScaler` once missing values are filled, with 1 for a column that is constant but for
    /// rounding.
    /// - Parameters:
    ///   - names: the columns.
    ///   - values: (rows, columns), row by row; missing ones are not a number.
    ///   - training: the rows of the training set.
    ///   - fill: nil to leave missing values, which are then refused where the rows are written.
    ///   - file: where the values come from, for messages.
    /// - Throws: `Fault(.badData)` for a column without a value in the training rows, or with values too large to be
    ///   measured.
    public init(
        names: [String], values: [Double], training: [Int], normalization: FeatureNormalization, fill: FeatureFill?,
        file: String
    ) throws {
        let rows = training.sorted()
        var (fills, means, deviations): ([Double], [Double], [Double]) = ([], [], [])
        for (column, name) in names.enumerated() {
            var found = rows.map { values[$0 * names.count + column] }
            if fill == .median {
                guard let median = Self.median(found.filter(\.isFinite)) else {
                    throw Fault(
                        .badData, file, "has no finite number as \(name) in any row of the training set",
                        remedy: "leave the column out")
                }
                fills.append(median)
                for row in found.indices where !found[row].isFinite { found[row] = median }
            }
            guard normalization == .standard else { continue }
            // What is missing is refused elsewhere, with its row.
            let (mean, deviation) = Self.moments(found.filter(\.isFinite))
            guard mean.isFinite, deviation.isFinite else {
                throw Fault(
                    .badData, file, "has numbers as \(name) that are too large for a mean and a standard deviation",
                    remedy: "mend the column, leave it out, or pass --normalize-features none")
            }
            means.append(mean)
            deviations.append(deviation)
        }
        let scaling = normalization == .standard ? StandardScaling(means: means, deviations: deviations) : nil
        guard let own = FeaturePreparation(names: names, fills: fill == nil ? nil : fills, scaling: scaling) else {
            preconditionFailure("columns \(names) are not told apart")
        }
        self = own
    }

    /// As `numpy.median`; nil of no values.
    private static func median(_ values: [Double]) -> Double? {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return nil }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : sorted[middle - 1] / 2 + sorted[middle] / 2
    }

    /// Mean and standard deviation of the values themselves, with corrections for the mean's rounding.

    ///
    /// Source: T. F. Chan, G. H. Golub, R. J. LeVeque, *Algorithms for computing the sample variance*, 1983.
    private static func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
        guard !values.isEmpty else { return (0, 1) }
        let count = Double(values.count)
        let first = values.reduce(0, +) / count
        let mean = first + values.reduce(0) { $0 + ($1 - first) } / count
        let distance = values.reduce(0) { $0 + ($1 - mean) }
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let variance = (squares - distance * distance / count) / count
        let rounding = count * mean * Double.ulpOfOne
        let isConstant = variance <= count * Double.ulpOfOne * variance + rounding * rounding
        return (mean, isConstant ? 1 : variance.squareRoot())
    }
}
