import ArgumentParser
import Faults
import Settings
import StampData

/// Which stamps are trained on, and how often.
struct SamplingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Keep all stamps with one value of a column, such as an object's, in one part of the split.",
            valueName: "file:column"))
    var groupBy: String?

    @Option(
        help: ArgumentHelp(
            "Divide the stamps as a column of a .csv file or a .npy array says: training, validation or test.",
            valueName: "file:column"))
    var splitBy: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Give each part of a random split its share of each class. (notebook: no, survey, kbmod: yes)")
    var stratify: Bool?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            Cut the stamps into N parts for cross-validation, each the test set of a run; all are trained, unless \
            --fold picks one.
            """, valueName: "n"))
    var folds: Int?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("The fold to train, from 1.", valueName: "n"))
    var fold: Int?

    @Option(
        help: ArgumentHelp(
            """
            Draw classes equally often (balanced) or with these shares, such as noise=0.75,source=0.25. (default: each \
            stamp once an epoch)
            """, valueName: "shares"))
    var sampling: String?

    @Option(
        help: ArgumentHelp(
            "How much each stamp counts in the loss: a column of a .csv file, or a .npy array.",
            valueName: "file:column"))
    var sampleWeights: String?

    /// Whether all folds are to be trained.
    var trainsAllFolds: Bool { folds != nil && fold == nil }

    /// Gives settings what the options say.
    ///
    /// - Throws: `Fault(.usage)` for options that need another one, and values that cannot be.
    func apply(to settings: inout TrainingSettings) throws {
        settings.groupBy = groupBy
        settings.splitBy = splitBy
        if let stratify { settings.stratify = stratify }
        settings.sampleWeights = sampleWeights
        if let sampling { settings.sampling = try Sampling(option: sampling) }
        if let folds {
            try Requirement.folds.check(folds, of: "--folds")
            let number = fold ?? 1
            guard (1...folds).contains(number) else {
                throw Fault(
                    .usage, "--fold \(number)", "is none of \(folds) folds", remedy: "give a number from 1 to \(folds)")
            }
            settings.fold = Fold(number: number, of: folds)
        } else if let fold {
            throw Fault(.usage, "--fold \(fold)", "stands without --folds", remedy: "say how many folds there are")
        }
    }
}
