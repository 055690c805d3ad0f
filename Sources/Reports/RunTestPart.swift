import Faults
import Files
import RunRecords
import Settings
import StampData

/// The stamps that a run kept for its test, found again by the names in its `config.json`.
public struct RunTestPart: Sendable {
    /// The files that hold them.
    public let files: LabelledFiles
    /// Their numbers among all stamps of these files.
    public let stamps: [Int]
    /// The features of all stamps of the files; nil for none.
    public let features: String?
    /// What these stamps are called, likewise.
    public let identifiers: String?

    /// - Parameter folder: of a run that has ended, or of an ensemble, whose members have one test part.
    /// - Throws: `Fault` when there is no such run, it has no test part, or its stamps are gone or have changed.
    public init(_ folder: RunFolder) throws {
        let member = EnsembleFolder(folder.path).member(1)
        let run = FileAccess.exists(folder.configuration) ? folder : member
        let results = try RunResults.read(FileAccess.exists(run.configuration) ? run : folder)
        guard let tested = results.testSet?.indices else {
            throw Fault(
                .badData, folder.path, "has no test part: its settings leave no stamps for one, or it has not ended",
                remedy: "name stamps with --data")
        }
        let settings = results.configuration.settings
        // Tells what is wrong, which results only note.
        let all = try results.stamps ?? RunStamps.open(results.configuration, testSet: results.testSet)
        if let own = settings.data.parts[.test], let range = all.parts[.test],
            (settings.features == nil) == (settings.testFeatures == nil),
            (settings.ids == nil) == (settings.testIDs == nil)
        {
            var files = own
            files.layout = settings.data.layout
            self.files = files
            stamps = tested.map { $0 - range.lowerBound }
            (features, identifiers) = (settings.testFeatures, settings.testIDs)
            return
        }
        var files = settings.data
        // Tables of the divided stamps alone have rows for no others.
        if settings.validationFeatures != nil || settings.validationIDs != nil { files.parts = [:] }
        self.files = files
        stamps = tested
        (features, identifiers) = (settings.features, settings.ids)
    }
}
