/// What is done with features so that all are of one size: `--normalize-features`.
public enum FeatureNormalization: String, Codable, Hashable, Sendable, CaseIterable {
    /// (x − mean) / standard deviation, both over the training rows.
    case standard
    case none
}

/// What stands for features that are missing: `--fill-features`.
public enum FeatureFill: String, Codable, Hashable, Sendable, CaseIterable {
    /// The median of the column's training rows that are not missing.
    case median
}

/// Everything that lies between the columns of a table beside the stamps and a network's second input: which columns in
/// which order, what stands for missing values, and how they are scaled.
///
/// It is a part of a model: whoever applies the model gives a table with these columns, and no other option.
public struct FeaturePreparation: Hashable, Sendable {
    /// The columns in their order: at least one, each once.
    public let names: [String]
    /// What stands for a missing value of each column; nil where none may be missing.
    public let fills: [Double]?
    /// Mean and standard deviation of each column; nil where values are taken as they are.
    public let scaling: StandardScaling?

    /// Nil for numbers that do not go with the names, or names that are not one for each column.
    public init?(names: [String], fills: [Double]? = nil, scaling: StandardScaling? = nil) {
        guard !names.isEmpty, Set(names).count == names.count,
            fills.map({ $0.count == names.count && $0.allSatisfy(\.isFinite) }) ?? true,
            scaling.map({ $0.means.count == names.count }) ?? true
        else { return nil }
        (self.names, self.fills, self.scaling) = (names, fills, scaling)
    }

    /// How many features a sample has.
    public var count: Int { names.count }

    /// Writes a row as a network sees it.
    ///
    /// - Parameters:
    ///   - row: `count` values; missing ones are not a number.
    ///   - output: room for `count` floats.
    /// - Returns: the first column that is missing, or too large for single precision; nil where all is well.
    public func write(_ row: some RandomAccessCollection<Double>, to output: UnsafeMutablePointer<Float>) -> Int? {
        for (column, value) in row.enumerated() {
            var value = value.isFinite ? value : fills?[column] ?? .nan
            if let scaling { value = (value - scaling.means[column]) / scaling.deviations[column] }
            output[column] = Float(value)
            guard output[column].isFinite else { return column }
        }
        return nil
    }
}

/// As JSON: `{"names": ["g-r"], "scaling": {"means": [0.4], "deviations": [0.1]}, "fills": [0.3]}`.
extension FeaturePreparation: Codable {
    private enum CodingKeys: CodingKey { case names, fills, scaling }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let preparation = FeaturePreparation(
            names: try container.decode([String].self, forKey: .names),
            fills: try container.decodeIfPresent([Double].self, forKey: .fills),
            scaling: try container.decodeIfPresent(StandardScaling.self, forKey: .scaling))
        guard let preparation else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: container.codingPath, debugDescription: "no features"))
        }
        self = preparation
    }
}
