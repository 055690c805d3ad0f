import ArgumentParser
import Communication
import Faults
import Files
import Logging
import Metrics
import Reports
import RunRecords
import StampData
import StampFormats

/// `swift-run-trainer evaluate`
struct Evaluate: GroupCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure a model on labelled stamps.",
        discussion: """
            Intervals are of 95 %, by the bootstrap. With snr_sources.npy beside the sources, completeness is also \
            listed by signal-to-noise ratio; --by lists it by any other number of the sources, and of more than two \
            classes the recall of each. With --ids the stamps that the model is most confidently wrong about are listed \
            by their names.
            """)

    static let examples = [
        "swift-run-trainer evaluate --model runs/survey --data stamps --matched-filter",
        "swift-run-trainer evaluate --model runs/survey --data stamps --json > metrics.json",
    ]

    @OptionGroup var models: ModelsOption

    @OptionGroup var passes: PassesOptions

    @OptionGroup var data: DataOptions

    @Option(
        help: ArgumentHelp(
            """
            The folder of a run, whose own test part is measured instead of --data; without --model its model is meant.
            """,
            valueName: "dir"))
    var run: String?

    @OptionGroup var features: FeaturesOption

    @Flag(help: "Measure how much worse the stamps are told apart when a feature is exchanged among them.")
    var importance = false

    @OptionGroup var identifiers: IdentifiersOption

    @Flag(help: "Print JSON, with the keys of metrics.json among others, instead of tables.")
    var json = false

    @Flag(help: "Evaluate the matched filter on the same stamps too.")
    var matchedFilter = false

    @OptionGroup var by: ByOption

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Replicates of the bootstrap; 0 for no intervals.", valueName: "n"))
    var bootstrap = 1000

    @Flag(help: "Leave out stamps that cannot be normalised.")
    var skipBad = false

    @OptionGroup var threads: ThreadsOption

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        let threads = try group.agree {
            guard (0...1_000_000).contains(bootstrap) else {
                throw Fault(
                    .usage, "--bootstrap \(bootstrap)", "must be from 0 to 1000000", remedy: "give, for instance, 1000")
            }
            _ = try models.names(usual: run)
            return try self.threads.checked()
        }
        // The others learn from rank 0 what is in the files.
        let tested = try group.onRoot { try testPart() } ?? nil
        let files = try group.onRoot { try tested?.files ?? data.files() } ?? LabelledFiles()
        let columns = try group.onRoot { try ByColumn.read(by.by, of: files) } ?? []
        let prediction = try models.prediction(
            passes, usual: run, threads: threads, group: group, logger: logger)
        let threshold = models.threshold ?? prediction.threshold
        if matchedFilter {
            try group.agree {
                try prediction.requireTwoClasses(
                    for: "--matched-filter", remedy: "leave it out: it tells sources from noise")
            }
        }
        let evaluated = try prediction.evaluate(
            files, part: tested?.stamps, features: features.features ?? tested?.features,
            identifiers: identifiers.ids ?? tested?.identifiers, skipBad: skipBad, threshold: threshold,
            measuresImportance: importance
        ) { stamps in
            for column in columns { _ = try column.numbers(of: stamps) }
        }
        try group.agree {
            guard let evaluated else { return }
            let trained = evaluated.trained
            if let trained, trained.count > 0 {
                logger.warning(
                    """
                    \(trained.count) of the \(trained.stamps) stamps are among those that the model was trained on: it knows them, and \
                    will do worse on others; evaluate --run measures a run's own test part
                    """)
            }
            let evaluation = try TestEvaluation(
                evaluated.predictions, of: evaluated.stamps, in: files, threshold: threshold, columns: columns,
                identifiers: evaluated.identifiers, importance: evaluated.importance,
                spread: evaluated.spread, trainedOn: trained?.count, withMatchedFilter: matchedFilter,
                replicates: bootstrap)
            if let shortfall = evaluation.shortfall { logger.warning("\(shortfall.warning("the model"))") }
            for warning in evaluation.warnings { logger.warning("\(warning)") }
            try print(evaluation)
        }
    }

    /// The test part of `--run`; nil without the option.
    private func testPart() throws -> RunTestPart? {
        guard let run else { return nil }
        guard !data.named.isGiven else {
            throw Fault(
                .usage, "--run \(run)", "names the stamps already, and so does \(data.named.ways[0])",
                remedy: "leave one out")
        }
        return try RunTestPart(RunFolder(run))
    }

    private func print(_ evaluation: TestEvaluation) throws {
        if json {
            try StandardOutput.print(json: JSONFile.text(of: evaluation))
        } else {
            try StandardOutput.print(result: evaluation.table)
        }
    }
}
