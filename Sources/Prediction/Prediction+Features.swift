import Faults
import Models
import Preparation
import StampData
import StampFormats
import StampLoading

/// The second input of models that have one.
extension Prediction {
    /// Whether features are given exactly where a model takes them.
    ///
    /// - Throws: `Fault(.usage)` otherwise.
    func checkFeatures(_ option: String?) throws {
        guard let member = members.first(where: { $0.takesFeatures }) else {
            guard let option else { return }
            throw Fault(
                .usage, "--features \(option)", "is given to \(members[0].path), which takes stamps alone",
                remedy: "leave it out, or use a model that was trained with --features")
        }
        guard option == nil else { return }
        let names = member.model.features.map { ": \($0.names.prefix(20).joined(separator: ", ").prefix(300))" }
        throw Fault(
            .usage, "--features", "is missing: \(member.path) takes features beside the stamps\(names ?? "")",
            remedy: "name the table that has them, as FILE.csv")
    }

    /// The features of some stamps as each of the models takes them; nil for models that take none. Collective.
    ///
    /// - Parameter option: the value of `--features`, as ``checkFeatures(_:)`` has passed it.
    /// - Throws: `AgreedFault` for a table that cannot be read, lacks a column, or does not have a row for each stamp.
    func features(_ option: String?, of stamps: StampCollection) throws -> [StampFeatures?] {
        // On rank 0, by the columns: models of one ensemble take the same ones.
        var tables: [[String]?: FeatureTable] = [:]
        return try members.map { member in
            guard member.takesFeatures else { return nil }
            let names = member.model.features?.names
            let table = try group.onRoot {
                if let read = tables[names] { return read }
                let table =
                    try names.map {
                        try FeatureTable(option: "--features", option!, columns: $0, of: member.path)
                    } ?? FeatureTable(option: "--features", option!)
                try table.check(count: stamps.count)
                tables[names] = table
                return table
            }
            return try StampFeatures.agreed(stamps: stamps.count, table, in: group) { table in
                try member.preparation(of: table)
            }
        }
    }
}

extension Prediction.Member {
    /// Whether the model has a second input.
    var takesFeatures: Bool { model.network.featureCount > 0 }

    /// What is done with a table's columns: as the model says, or nothing where nobody has said.
    fileprivate func preparation(of table: FeatureTable) throws -> FeaturePreparation {
        if let preparation = model.features { return preparation }
        let count = model.network.featureCount
        guard table.columns.count == count, let preparation = FeaturePreparation(names: table.columns) else {
            throw Fault(
                .badData, table.name, "has \(table.columns.count) columns, \(path) takes \(count) features",
                remedy: "name those that it was trained on, in their order, as \(table.name):COLUMN,COLUMN")
        }
        return preparation
    }
}
