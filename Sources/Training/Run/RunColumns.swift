import Communication
import Faults
import Files
import Settings
import StampData
import StampFormats

/// What a run is told of each stamp beside its pixels and its class.
struct RunColumns: Codable {
    /// The part of the split that each stamp belongs to; nil where they are divided at random.
    var parts: [DataPart]?
    /// The group of each stamp; nil where each is one of its own.
    var groups: [Int]?
    /// How much each stamp counts in the loss; nil where all count 1.
    var weights: [Float]?
    /// The columns of its features; nil for none.
    var features: [String]?
    /// A hash of each column that the result depends on, by its option.
    var fingerprints: [String: String] = [:]

    /// Reads the columns on rank 0, which sends them to the others. Collective.
    ///
    /// - Parameters:
    ///   - features: rank 0's table of features, where there is one.
    ///   - names: rank 0's column of what stamps are called, likewise.
    /// - Throws: `AgreedFault` for a column that cannot be read, or does not have one value for each stamp.
    static func agreed(
        _ settings: TrainingSettings, _ collection: StampCollection, features: FeatureTable?, names: SampleNames?,
        in group: any ProcessGroup
    ) throws -> RunColumns {
        let options = [settings.splitBy, settings.groupBy, settings.sampleWeights, settings.features, settings.ids]
        guard options.contains(where: { $0 != nil }) else { return RunColumns() }
        return try group.shared { try RunColumns(settings, collection, features, names) }
    }

    private init() {}

    private init(
        _ settings: TrainingSettings, _ collection: StampCollection, _ table: FeatureTable?, _ names: SampleNames?
    ) throws {
        // Weights and groups are of stamps that are trained on or divided: those that other parts have for themselves
        // need none.
        let divided = collection.parts.values.map(\.lowerBound).min() ?? collection.count

        if let table {
            features = table.columns
            fingerprints["--features"] = table.fingerprint
        }
        if let names {
            fingerprints["--ids"] = names.fingerprint
        }
        if let name = settings.splitBy {
            let column = try StampColumn(option: "--split-by", name)
            try column.check(count: collection.count)
            parts = try DataPart.parts(column.texts, of: name)
            fingerprints["--split-by"] = try SettingsFingerprint.of(parts)
        }
        if let name = settings.groupBy {
            let column = try StampColumn(option: "--group-by", name)
            if column.count != divided { try column.check(count: collection.count) }
            let numbers = Dictionary(uniqueKeysWithValues: column.distinctTexts.enumerated().map { ($1, $0) })
            groups = column.texts.map { numbers[$0]! }
            fingerprints["--group-by"] = try SettingsFingerprint.of(groups)
        }
        if let name = settings.sampleWeights {
            let column = try StampColumn(option: "--sample-weights", name)
            if column.count != divided { try column.check(count: collection.count) }
            let weights = try column.texts.enumerated().map { row, text in
                guard let weight = Float(text), weight >= 0, weight.isFinite else {
                    throw Fault(
                        .badData, name, "row \(row) has the weight \"\(text.prefix(40))\"",
                        remedy: "give every stamp a number that is not negative")
                }
                return weight
            }
            self.weights = weights
            fingerprints["--sample-weights"] = try SettingsFingerprint.of(weights)
        }
    }
}
