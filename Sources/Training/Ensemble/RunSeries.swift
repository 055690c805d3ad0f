import RunRecords
import Settings
import StampData

/// Runs that belong together, one after another, each in a folder of its own.
public enum RunSeries: Hashable, Sendable {
    /// Networks that differ in their seed, on one split of the data: an ensemble.
    case members(Int)
    /// A network for each fold of a cross-validation.
    case folds(Int)

    /// How many runs there are.
    var count: Int {
        switch self {
        case .members(let count), .folds(let count): count
        }
    }

    /// The option that asks for them.
    var option: String {
        switch self {
        case .members: "--members"
        case .folds: "--folds"
        }
    }

    /// What one of them is called.
    var noun: String {
        switch self {
        case .members: "member"
        case .folds: "fold"
        }
    }

    /// How many networks are averaged.
    var members: Int {
        if case .members(let count) = self { count } else { 1 }
    }

    /// The folder of a run, from 1.
    func folder(_ number: Int, in path: String) -> RunFolder {
        switch self {
        case .members: EnsembleFolder(path).member(number)
        case .folds: EnsembleFolder(path).fold(number)
        }
    }

    /// ``CrossValidation`` of the folds in a folder.
    static func crossValidation(in path: String) -> String { "\(path)/cross_validation.json" }

    /// The settings of a run, from 1.
    func settings(_ number: Int, of all: TrainingSettings) -> TrainingSettings {
        var settings = all
        settings.output = folder(number, in: all.output).path
        switch self {
        case .members:
            settings.seed = all.seed &+ UInt64(number - 1)
            settings.splitSeed = all.splitSeed ?? all.seed
        case .folds(let count): settings.fold = Fold(number: number, of: count)
        }
        return settings
    }
}
