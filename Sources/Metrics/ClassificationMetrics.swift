import Faults
import Files

/// How good a model is on labelled samples: `metrics.json`, and what `evaluate` prints.
public struct ClassificationMetrics: Hashable, Sendable {
    /// The mean of the samples' losses.
    public let loss: Double
    /// The share of samples whose predicted class is the true one.
    public let accuracy: Double
    /// How often each true class is given each predicted class.
    public let confusionMatrix: ConfusionMatrix
    /// The area under the ROC curve; nil when one class is missing.
    public let rocAUC: Double?
    /// One for each of ``OperatingLimit/all``; empty when one class is missing or a probability is not a number, and in
    /// metrics that were read from a file, which does not have them.
    public let operatingPoints: [OperatingPoint]
    /// How many samples there were.
    public let samples: Int
    /// What the table calls the classes; files do not have it.
    public let classNames: [String]

    /// The names of the two classes that the program began with.
    public static let noiseAndSource = ["noise", "source"]

    /// Computes all metrics. The order of the samples does not matter: sums run in the order of their index.
    /// - Parameters:
    ///   - samples: at least one.
    ///   - classNames: of class 0 and class 1.
    public init(_ samples: [SamplePrediction], classNames: [String] = noiseAndSource) {
        precondition(!samples.isEmpty, "metrics of no samples")
        precondition(classNames.count == 2, "\(classNames) are not the names of two classes")
        self.classNames = classNames
        let ordered = samples.sorted { $0.index < $1.index }
        loss = ordered.reduce(0) { $0 + Double($1.loss) } / Double(ordered.count)
        confusionMatrix = ConfusionMatrix(ordered)
        accuracy = confusionMatrix.accuracy
        let scored = ordered.map(ScoredSample.init)
        rocAUC = ROCCurve.area(scored)
        operatingPoints = rocAUC == nil ? [] : ThresholdSweep(scored).operatingPoints
        self.samples = ordered.count
    }

    /// A small table for the terminal.
    ///
    /// ```
    /// samples        21905
    /// loss          0.0964
    /// accuracy      0.9661
    /// ROC AUC       0.9932
    ///
    ///              predicted noise  predicted source
    /// true noise             10423               321
    /// true source              420             10741
    /// ```
    public var table: String {
        let summary = [
            ("samples", "\(samples)"), ("loss", FormattedNumber.metric(loss)),
            ("accuracy", FormattedNumber.fixed(accuracy, 4)),
            ("ROC AUC", rocAUC.map { FormattedNumber.fixed($0, 4) } ?? "-"),
        ]
        let width = max(8, summary.map(\.1.count).max()!)
        var lines = summary.map { name, value in
            FormattedNumber.padded(name, to: 12) + FormattedNumber.padded(value, to: -width)
        }
        lines += ["", row("", classNames.map { "predicted \($0.printable)" })]
        for (name, counts) in zip(classNames, confusionMatrix.counts) {
            lines.append(row("true \(name.printable)", counts.map(String.init)))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func row(_ name: String, _ values: [String]) -> String {
        let widths = classNames.map { $0.printable.count }
        return FormattedNumber.padded(name, to: max(12, widths.max()! + 6))
            + FormattedNumber.padded(values[0], to: -max(16, widths[0] + 11))
            + FormattedNumber.padded(values[1], to: -max(18, widths[1] + 12))
    }
}

extension ClassificationMetrics: Codable {
    private enum CodingKeys: String, CodingKey {
        case loss, accuracy, samples
        case confusionMatrix = "confusion_matrix"
        case rocAUC = "roc_auc"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(loss, forKey: .loss)
        try container.encode(accuracy, forKey: .accuracy)
        try container.encode(confusionMatrix.counts, forKey: .confusionMatrix)
        // Written as null where undefined, so that the key is always present.
        try container.encode(rocAUC, forKey: .rocAUC)
        try container.encode(samples, forKey: .samples)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        loss = try container.decode(Double.self, forKey: .loss)
        samples = try container.decodeCount(from: 1, forKey: .samples)
        let counts = try container.decode([[Int]].self, forKey: .confusionMatrix)
        guard let matrix = ConfusionMatrix(counts: counts) else {
            throw DecodingError.dataCorruptedError(
                forKey: .confusionMatrix, in: container, debugDescription: "it is not two rows of two counts")
        }
        confusionMatrix = matrix
        accuracy = try container.decode(Double.self, forKey: .accuracy)
        rocAUC = try container.decodeIfPresent(Double.self, forKey: .rocAUC)
        operatingPoints = []
        classNames = Self.noiseAndSource
        guard (0...1).contains(accuracy) else {
            throw DecodingError.dataCorruptedError(
                forKey: .accuracy, in: container, debugDescription: "\(accuracy) is not from 0 to 1")
        }
        let hasBothClasses = matrix.counts.allSatisfy { $0[0] + $0[1] > 0 }
        guard (0...1).contains(rocAUC ?? 0), hasBothClasses || rocAUC == nil else {
            throw DecodingError.dataCorruptedError(
                forKey: .rocAUC, in: container,
                debugDescription: "it is not from 0 to 1, or the confusion matrix has one class alone")
        }
    }
}
