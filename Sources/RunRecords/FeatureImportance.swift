import Faults
import Files

/// How much worse a network predicts the test set when the values of one feature are exchanged among its stamps: a line
/// of `feature_importance.csv`.
public struct FeatureImportance: Hashable, Sendable, Encodable {
    /// The feature's column.
    public let feature: String
    public let lossIncrease: Double
    public let accuracyDrop: Double
    /// Of the area under the ROC curve; nil where that is not defined.
    public let rocAreaDrop: Double?

    public init(feature: String, lossIncrease: Double, accuracyDrop: Double, rocAreaDrop: Double?) {
        self.feature = feature
        (self.lossIncrease, self.accuracyDrop, self.rocAreaDrop) = (lossIncrease, accuracyDrop, rocAreaDrop)
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case feature
        case lossIncrease = "loss_increase"
        case accuracyDrop = "accuracy_drop"
        case rocAreaDrop = "roc_area_drop"
    }

    private static let columns = CodingKeys.allCases.map(\.rawValue)

    /// Replaces the file by one row for each feature, in their order.
    ///
    /// - Throws: `Fault(.cannotWrite)`.
    public static func write(_ features: [FeatureImportance], to path: String) throws {
        var text = CSVText.line(columns)
        for row in features {
            text += CSVText.line([
                row.feature, "\(row.lossIncrease)", "\(row.accuracyDrop)", row.rocAreaDrop.map { "\($0)" } ?? "",
            ])
        }
        try AtomicFile.write(text, to: path)
    }

    /// Reads what ``write(_:to:)`` has written.
    ///
    /// - Throws: `Fault(.missingInput)` when there is no such file, `Fault(.badData)` that names the line at fault.
    public static func read(_ path: String) throws -> [FeatureImportance] {
        let names = try CSVColumn.texts(columns[0], in: path)
        let numbers = try CSVTable(contentsOf: path) { _ in Array(columns.dropFirst()) }.values
        return names.enumerated().map { row, name in
            let area = numbers[3 * row + 2]
            return FeatureImportance(
                feature: name, lossIncrease: numbers[3 * row], accuracyDrop: numbers[3 * row + 1],
                rocAreaDrop: area.isNaN ? nil : area)
        }
    }
}
