import Files
import Settings
import StampData
import StampFormats

/// What the stamps of a run are called, as columns beside them say.
struct SampleNames {
    /// One for each stamp.
    let texts: [String]
    /// A hash of them.
    let fingerprint: String

    /// Reads the columns that settings name: one for all stamps, or one for those that are divided and one for each part
    /// that has stamps of its own.
    ///
    /// - Returns: nil where settings name none.
    /// - Throws: `Fault` for a column that cannot be read, or does not have a row for each of its stamps.
    init?(_ settings: TrainingSettings, of collection: StampCollection) throws {
        guard let ids = settings.ids else { return nil }
        let own = [DataPart.validation: settings.validationIDs, .test: settings.testIDs]
        let columns = try collection.columnFiles("--ids", ids, own).map { place in
            let column = try StampColumn(option: place.option, place.name)
            try column.check(count: place.count)
            return column
        }
        texts = columns.flatMap(\.texts)
        var checksum = CRC32()
        for column in columns { Array(column.fingerprint.utf8).withUnsafeBytes { checksum.update($0) } }
        fingerprint = columns.count == 1 ? columns[0].fingerprint : checksum.hexadecimal
    }
}

extension FeatureTable {
    /// Reads the features that settings name, likewise. The columns of the training stamps are found by their names in
    /// the other tables.
    init?(_ settings: TrainingSettings, of collection: StampCollection) throws {
        guard let features = settings.features else { return nil }
        let own = [DataPart.validation: settings.validationFeatures, .test: settings.testFeatures]
        let places = collection.columnFiles("--features", features, own)
        let first = try FeatureTable(option: places[0].option, places[0].name)
        try first.check(count: places[0].count)
        self = first.joined(
            with: try places.dropFirst().map { place in
                let table = try FeatureTable(
                    option: place.option, place.name, columns: first.columns, of: "the network")
                try table.check(count: place.count)
                return table
            })
    }
}

extension StampCollection {
    /// A file of rows beside stamps, and how many there must be.
    fileprivate struct ColumnFile {
        let option: String
        let name: String
        let count: Int
    }

    /// The files that together have a row for each stamp: of the parts that have stamps of their own, those whose
    /// option is given have a file for themselves.
    ///
    /// - Parameters:
    ///   - option: that of the training stamps, and its value.
    ///   - own: the values of the same option of each part.
    fileprivate func columnFiles(_ option: String, _ name: String, _ own: [DataPart: String?]) -> [ColumnFile] {
        let others = DataPart.separate.compactMap { part -> ColumnFile? in
            guard let range = parts[part], let name = own[part] ?? nil else { return nil }
            return ColumnFile(option: part.option(option), name: name, count: range.count)
        }
        let rest = count - others.reduce(0) { $0 + $1.count }
        return [ColumnFile(option: option, name: name, count: rest)] + others
    }
}
