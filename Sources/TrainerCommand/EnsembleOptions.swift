import ArgumentParser
import Faults
import Metrics
import Settings

/// Several networks instead of one.
struct EnsembleOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Train an ensemble of N networks that differ in their seed; predict averages them.", valueName: "n"))
    var members = 1

    @Option(help: "What its members say together of the test set: their mean, median or max. (default: mean)")
    var combine: ProbabilityCombination?

    /// Gives settings what the options say.
    ///
    /// - Throws: `Fault(.usage)` for a number that is none, and for options that do not go together.
    func apply(to settings: inout TrainingSettings, sampling: SamplingOptions) throws {
        try Requirement.count.check(members, of: "--members")
        if let combine {
            guard members > 1 else {
                throw Fault(
                    .usage, "--combine \(combine)", "is of the members of an ensemble, and one network is trained",
                    remedy: "say how many with --members, or leave it out")
            }
            settings.combination = combine
        }
        if members > 1, sampling.trainsAllFolds {
            throw Fault(
                .usage, "--members \(members)", "does not go with all of the --folds", remedy: "pick one with --fold")
        }
    }
}
