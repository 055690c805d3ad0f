import Files

/// What the folds of a cross-validation say: `cross_validation.json`, and a table for the terminal.
public struct CrossValidation: Hashable, Sendable {
    /// One metric over the folds in which it is defined.
    public struct Spread: Hashable, Sendable, Encodable {
        public let name: String
        public let values: [Double]
        public let mean: Double
        /// Of the values: √(Σ (x − mean)² / (n − 1)), `numpy.std` with `ddof=1`; 0 for one value.
        public let deviation: Double

        enum CodingKeys: String, CodingKey {
            case values, mean
            case deviation = "standard_deviation"
        }

        init?(_ name: String, _ values: [Double]) {
            guard !values.isEmpty else { return nil }
            let mean = values.reduce(0, +) / Double(values.count)
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            (self.name, self.values, self.mean) = (name, values, mean)
            deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
        }
    }

    public let folds: Int
    public let spreads: [Spread]

    /// - Parameter folds: the metrics of each fold's test set, at least one.
    public init(_ folds: [TestMetrics]) {
        precondition(!folds.isEmpty, "no folds")
        self.folds = folds.count
        var named: [(String, [Double])] = [
            ("loss", folds.map(\.loss)), ("accuracy", folds.map(\.accuracy)), ("roc_auc", folds.compactMap(\.rocAUC)),
            ("matthews_correlation", folds.map(\.confusionMatrix.matthewsCorrelation)),
        ]
        let several = folds.compactMap { if case .several(let metrics) = $0 { metrics } else { nil } }
        if !several.isEmpty { named.append(("macro_f1", several.map(\.macroF1))) }
        spreads = named.compactMap { Spread($0, $1) }
    }

    /// A line for each metric: its mean, its standard deviation, and its least and greatest value.
    public var table: String {
        let rows = spreads.map { spread in
            FormattedNumber.padded(spread.name, to: 22)
                + ([spread.mean, spread.deviation] + [spread.values.min()!, spread.values.max()!])
                .map { FormattedNumber.padded(FormattedNumber.fixed($0, 4), to: -10) }.joined()
        }
        let head =
            FormattedNumber.padded("", to: 22)
            + ["mean", "deviation", "least", "greatest"].map { FormattedNumber.padded($0, to: -10) }.joined()
        return ([head] + rows).joined(separator: "\n") + "\n"
    }
}

extension CrossValidation: Encodable {
    /// `{"folds": 5, "accuracy": {"mean": …, "standard_deviation": …, "values": […]}, …}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: NamedKey.self)
        try container.encode(folds, forKey: NamedKey("folds"))
        for spread in spreads { try container.encode(spread, forKey: NamedKey(spread.name)) }
    }
}
