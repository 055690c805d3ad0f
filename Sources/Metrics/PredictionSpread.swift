import Files

/// How far several looks at the same samples are apart: the standard deviation over the looks of the probability of the
/// predicted class, mean over the samples.
public struct PredictionSpread: Hashable, Sendable, Encodable {
    /// Of the samples whose predicted class is the true one; nil without any.
    public let correct: Double?
    /// Of the others.
    public let wrong: Double?

    /// - Parameters:
    ///   - predictions: the samples, whose indices are the places of their rows.
    ///   - deviations: (samples, columns), row by row.
    ///   - columns: as many as there are classes, or 1 for two classes.
    public init(_ predictions: LabelledPredictions, deviations: [Float], columns: Int) {
        let samples: [(isCorrect: Bool, deviation: Float)] =
            switch predictions {
            // Both classes' probabilities vary alike.
            case .two(let samples):
                samples.map { ($0.predictedClass == $0.trueClass, deviations[($0.index + 1) * columns - 1]) }
            case .several(let classes):
                classes.indices.enumerated().map { place, index in
                    (classes.isCorrect(place), deviations[index * columns + classes.predictedClasses[place]])
                }
            }
        func mean(_ isCorrect: Bool) -> Double? {
            let chosen = samples.filter { $0.isCorrect == isCorrect }
            return chosen.isEmpty ? nil : chosen.reduce(0) { $0 + Double($1.deviation) } / Double(chosen.count)
        }
        (correct, wrong) = (mean(true), mean(false))
    }

    /// For the terminal.
    public var table: String {
        func text(_ value: Double?) -> String { value.map { FormattedNumber.fixed($0, 4) } ?? "-" }
        return "spread of the looks at a stamp, mean: \(text(correct)) where the prediction is right, "
            + "\(text(wrong)) where it is wrong\n"
    }

    /// What is not there is null.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(correct, forKey: .correct)
        try container.encode(wrong, forKey: .wrong)
    }

    private enum CodingKeys: String, CodingKey { case correct, wrong }
}
