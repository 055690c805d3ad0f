import Faults
import Files
import FoundationEssentials

/// The run folder of an ensemble: a run folder for each of its members, and the test set as all of them see it.
///
/// ```
/// member-1/ member-2/ …  run folders
/// metrics.json           the test set, by the members' probabilities together
/// test_predictions.csv   index, true_class, probabilities
/// ```
public struct EnsembleFolder: Sendable {
    public let path: String

    public init(_ path: String) { self.path = path }

    /// The folder of a member.
    /// - Parameter number: from 1.
    public func member(_ number: Int) -> RunFolder { RunFolder("\(path)/member-\(number)") }

    /// ``TestMetrics`` of the test set.
    public var metrics: String { RunFolder(path).metrics }
    /// ``TestPredictions``.
    public var testPredictions: String { RunFolder(path).testPredictions }

    /// The models of the members, up to the first that has none.
    private var memberModels: [String] {
        var models: [String] = []
        while case let model = member(models.count + 1).model, FileAccess.exists(model) { models.append(model) }
        return models
    }

    /// The model files that a name denotes: itself, or the model of a run folder, or those of all members of an
    /// ensemble.
    ///
    /// - Throws: `Fault(.missingInput)` for a folder without a model, `Fault(.badData)` for one that is no file.
    public static func models(in name: String) throws -> [String] {
        guard FileAccess.isFolder(name) else { return [name] }
        let run = RunFolder(name)
        let models = FileAccess.exists(run.model) ? [run.model] : EnsembleFolder(run.path).memberModels
        guard !models.isEmpty else {
            throw Fault(
                .missingInput, name, "holds neither model.safetensors nor member-1/model.safetensors",
                remedy: "name a model file, or the folder of a run that has ended")
        }
        for model in models { try FileAccess.requireFile(model) }
        return models
    }
}
