import ArgumentParser
import Faults
import Optimizers
import Settings

/// What is searched, and how far each trial trains.
struct SearchOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The .toml file that says which values of which options are tried.", valueName: "file"))
    var space: String

    @Option(parsing: .unconditional, help: ArgumentHelp("How many values are tried.", valueName: "n"))
    var trials = 16

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many ranks train a trial; as many trials train at a time as there is room for.", valueName: "n"))
    var ranksPerTrial = 1

    @Option(
        help: ArgumentHelp(
            """
            What trials are compared by: val_loss, val_accuracy, val_roc_auc, val_average_precision, loss or accuracy.
            """,
            valueName: "metric"))
    var metric = Stopping.Metric.validationLoss

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("One in so many trials goes on, so many times as long.", valueName: "n"))
    var reduction = 3

    @Option(
        parsing: .unconditional, help: ArgumentHelp("No trial is judged before it has so many epochs.", valueName: "n"))
    var leastEpochs = 1

    @Option(help: ArgumentHelp("Folder of the search to make.", valueName: "dir"))
    var output = "search"

    @Flag(help: "Continue the search in --output.")
    var resume = false

    /// The options by their names, for ranks to compare.
    var texts: [String: String] {
        [
            "--space": space, "--trials": "\(trials)", "--ranks-per-trial": "\(ranksPerTrial)",
            "--metric": metric.rawValue, "--reduction": "\(reduction)", "--least-epochs": "\(leastEpochs)",
            "--output": output, "--resume": "\(resume)",
        ]
    }

    /// - Throws: `Fault(.usage)` for numbers that cannot be.
    func check() throws {
        // A trial's folder, and a curve in a figure, for each.
        guard (1...100_000).contains(trials) else {
            throw Fault(.usage, "--trials \(trials)", "must be from 1 to 100000", remedy: "give, for instance, 16")
        }
        guard (2...1000).contains(reduction) else {
            throw Fault(.usage, "--reduction \(reduction)", "must be from 2 to 1000", remedy: "give, for instance, 3")
        }
        try Requirement.count.check(leastEpochs, of: "--least-epochs")
        try Requirement.count.check(ranksPerTrial, of: "--ranks-per-trial")
    }

    /// How many ranks train a trial.
    ///
    /// - Throws: `Fault(.usage)` where the ranks cannot be divided so.
    func ranks(of size: Int) throws -> Int {
        guard size.isMultiple(of: ranksPerTrial) else {
            throw Fault(
                .usage, "--ranks-per-trial \(ranksPerTrial)",
                "does not divide \(size == 1 ? "the one rank" : "\(size) ranks")",
                remedy: size == 1 ? "start more with mpirun -n, or leave it out" : "give a divisor of \(size)")
        }
        return ranksPerTrial
    }
}
