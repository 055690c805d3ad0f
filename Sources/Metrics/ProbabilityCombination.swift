/// How the probabilities that several models give a sample become one.
public enum ProbabilityCombination: String, CaseIterable, Codable, Hashable, Sendable {
    /// The mean of each class's probabilities.
    case mean
    /// The median of each class's probabilities, of an even number the mean of the middle two (`numpy.median`), divided
    /// by the sum over the classes; the mean where all medians are 0.
    case median
    /// The largest of each class's probabilities, divided by the sum over the classes.
    case max

    /// The combined probabilities of all samples.
    ///
    /// Of two classes the probability of the first is one minus that of the second, whether or not a model gives it.
    ///
    /// - Parameters:
    ///   - models: of each model, (samples, columns), row by row; at least one.
    ///   - columns: as many as there are classes, or 1: the probability of the second of two.
    /// - Returns: (samples, columns). What is not a number stays so.
    public func combine(_ models: [[Double]], columns: Int) -> [Float] {
        precondition(!models.isEmpty && models.allSatisfy { $0.count == models[0].count }, "models of other samples")
        // Whatever one model says is left as it is.
        guard self != .mean, models.count > 1 else { return Self.means(models) }
        var result = models[0].map { _ in Float.nan }
        for row in stride(from: 0, to: result.count, by: columns) {
            guard !models.contains(where: { $0[row..<row + columns].contains(where: \.isNaN) }) else { continue }
            if columns <= 2 {
                let second = models.map { $0[row + columns - 1] }
                let (one, other) = (combine(second), combine(second.map { 1 - $0 }))
                let probability = one / (one + other)
                result[row] = Float(1 - probability)
                result[row + columns - 1] = Float(probability)
            } else {
                let places = row..<row + columns
                var combined = places.map { place in combine(models.map { $0[place] }) }
                if !combined.contains(where: { $0 > 0 }) {
                    combined = places.map { place in Self.mean.combine(models.map { $0[place] }) }
                }
                let sum = combined.reduce(0, +)
                for (column, value) in combined.enumerated() { result[row + column] = Float(value / sum) }
            }
        }
        return result
    }

    /// Of one class, before the classes' sum is made 1.
    private func combine(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return switch self {
        case .mean: values.reduce(0, +) / Double(values.count)
        case .median: sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        case .max: sorted[sorted.count - 1]
        }
    }

    private static func means(_ models: [[Double]]) -> [Float] {
        models[0].indices.map { place in
            Float(models.reduce(0) { $0 + $1[place] } / Double(models.count))
        }
    }
}
