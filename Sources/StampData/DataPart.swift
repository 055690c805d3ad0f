import Faults

/// What stamps are for: those that weights are fitted to, those that are looked at after each epoch, and those that are
/// kept for the end.
public enum DataPart: String, Codable, CaseIterable, Sendable {
    case training, validation, test

    /// The parts that may have stamps of their own beside those that are divided.
    public static let separate = [DataPart.validation, .test]

    /// The option of this part that corresponds to one of the training data's: `--validation-labels` to `--labels`.
    public func option(_ name: String) -> String {
        self == .training ? name : "--\(rawValue)-\(name.dropFirst(2))"
    }

    /// What a column calls a part: `training` or `train`, `validation`, `valid` or `val`, `test`, in any case.
    private static let words: [String: DataPart] = [
        "training": .training, "train": .training, "validation": .validation, "valid": .validation, "val": .validation,
        "test": .test,
    ]

    /// The part of each row of a column.
    ///
    /// - Parameter name: of the column, for messages.
    /// - Throws: `Fault(.badData)` that names the first row which says something else, and when nothing is to be trained
    ///   on.
    public static func parts(_ texts: [String], of name: String) throws -> [DataPart] {
        let parts = try texts.enumerated().map { row, text in
            guard let part = words[text.lowercased()] else {
                throw Fault(
                    .badData, name, "row \(row), counted from 0, has the part \"\(text.prefix(40))\"",
                    remedy: "give every row training, validation or test")
            }
            return part
        }
        guard parts.contains(.training) else {
            throw Fault(.badData, name, "leaves no stamp for training", remedy: "give some rows the part training")
        }
        return parts
    }
}
