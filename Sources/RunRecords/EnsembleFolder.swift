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

    /// The folder of a fold, where the runs are those of a cross-validation.
    /// - Parameter number: from 1.
    public func fold(_ number: Int) -> RunFolder { RunFolder("\(path)/fold-\(number)") }

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
        try FileAccess.requireReachable(run.model)
        let models = FileAccess.exists(run.model) ? [run.model] : EnsembleFolder(run.path).memberModels
        guard !models.isEmpty else { throw withoutModel(run) }
        for model in models { try FileAccess.requireFile(model) }
        return models
    }

    /// The one model file that a name denotes: itself, or the model of a run folder.
    ///
    /// - Throws: as ``models(in:)``, and `Fault(.usage)` for the folder of an ensemble.
    public static func model(in name: String) throws -> String {
        let models = try models(in: name)
        guard models.count == 1 else {
            throw Fault(
                .usage, name, "is the folder of an ensemble of \(models.count) models, and one is wanted",
                remedy: "name a member, as \(EnsembleFolder(RunFolder(name).path).member(1).path)")
        }
        return models[0]
    }

    /// What to say of a folder that holds no model.
    private static func withoutModel(_ run: RunFolder) -> Fault {
        let problem: String, remedy: String
        if let newest = (try? run.checkpoints.all())?.last {
            problem = "is the folder of a run that has no model yet: it is not finished"
            remedy = "finish it with --resume, or name the model of a checkpoint, as \(newest.model)"
        } else if FileAccess.exists(run.configuration) {
            problem = "is the folder of a run that has no model yet, nor a checkpoint"
            remedy = "wait for its end, or see how far it is: swift-run-trainer status \(run.path)"
        } else if FileAccess.exists("\(run.path)/saved_model.pb") {
            problem = "is a SavedModel of TensorFlow, which is not read"
            remedy = """
                save the Keras model with model.save("model.keras"), or convert it: python -m tf2onnx.convert \
                --saved-model \(run.path) --output model.onnx
                """
        } else if let newest = (try? CheckpointFolder(run.path).all())?.last {
            problem = "is the folder of a run's checkpoints"
            remedy = "name the model of one, as \(newest.model)"
        } else if FileAccess.isFolder("\(run.path)/trials") {
            problem = "is the folder of a search, which has a model for each trial"
            remedy = "name the model that its best.json names, as \(run.path)/trials/trial-1"
        } else {
            problem = "is a folder without a model: neither model.safetensors nor member-1 is in it"
            remedy = "name a model file, or the folder of a run that has ended"
        }
        return Fault(.missingInput, run.path, problem, remedy: remedy)
    }
}
