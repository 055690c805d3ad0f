import Communication
import Engine
import Lanes
import Metrics
import RunRecords
import Settings
import StampData
import StampFormats

/// A run whose ranks run the same loops, whose stamps are open, and whose folder exists and is locked.
struct PreparedRun {
    let context: RunContext
    let team: LaneTeam
    /// The kind of loops that all ranks run.
    let kernelType: String
    let collection: StampCollection
    let columns: RunColumns
    /// On rank 0, where the run has features.
    let features: FeatureTable?
    /// What the stamps are called: on rank 0, where somebody says.
    let identifiers: SampleIdentifiers?
    /// On rank 0.
    let folder: RunFolder?

    /// Collective.
    ///
    /// - Parameter opensFolder: whether the run will use its folder: otherwise it is not touched.
    /// - Throws: `AgreedFault` when ranks compute with different loops, stamps cannot be opened, or the folder is used.
    init(_ context: RunContext, team: LaneTeam, opensFolder: Bool = true) throws {
        let (configuration, group) = (context.configuration, context.group)
        self.context = context
        self.team = team
        kernelType = try ProcessorKernels.agreed(in: group, context.logger)
        let stamps = try StampCollection.agreed(in: group) {
            let stamps = try StampCollection(configuration.data)
            try context.check(stamps)
            return stamps
        }
        collection = stamps
        features =
            try group.onRoot {
                try FeatureTable(configuration, of: stamps)
            } ?? nil
        let names = try group.onRoot { try SampleNames(configuration, of: stamps) } ?? nil
        identifiers = names.map { SampleIdentifiers($0.texts) }
        columns = try RunColumns.agreed(configuration, collection, features: features, names: names, in: group)
        folder = try group.agree {
            context.isRoot && opensFolder
                ? try RunFolder.open(configuration.output, resuming: configuration.execution.resume) : nil
        }
    }
}
