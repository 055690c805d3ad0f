import Faults
import Figures
import Files
import Metrics
import Preparation
import StampData

/// All figures of a run.
public struct RunFigures: Sendable {
    /// In the order in which a report shows them.
    public let figures: [Figure]
    /// What could not be drawn and why, for the terminal.
    public let warnings: [Fault]
    /// What is left out and why, for the reader of a report.
    public let notes: [String]

    /// The names of all figures that a run can have.
    public static let allNames = [
        "history", "confusion", "roc", "precision_recall", "error_rates", "completeness", "reliability", "scores",
        "stamps", "mistakes", "filters",
    ]

    /// Makes all figures that the run has the numbers for, with one run of gnuplot.
    ///
    /// - Parameters:
    ///   - folder: where to, usually `RUN/figures`; it is created if its parent is there. Older figures in it are
    ///     replaced or removed.
    ///   - threshold: the probability above which a stamp counts as a source.
    /// - Throws: `Fault(.cannotWrite)`. What cannot be drawn is a warning.
    public static func write(
        _ results: RunResults, to folder: String, gnuplot: Gnuplot, threshold: Float = 0.5
    ) throws -> RunFigures {
        var plan = FigurePlan(results, threshold: threshold)
        try plan.addAll()
        let names = Set(plan.plots.map(\.name))
        // An outdated figure would be taken for a current one.
        for name in Self.allNames where !names.contains(name) {
            for ending in ["csv", "npy", "gnuplot", "svg", "png"] {
                try FileAccess.remove("\(folder)/\(name).\(ending)")
            }
        }
        let (figures, warnings) = try FigureFolder(folder).draw(plan.plots, with: gnuplot)
        return RunFigures(figures: figures, warnings: warnings, notes: plan.notes)
    }
}

/// Which figures a run has, in their order.
private struct FigurePlan {
    private(set) var plots: [Plot] = []
    private(set) var notes: [String] = []
    private let results: RunResults
    private let threshold: Float
    /// The test set without samples whose probability is not a number.
    private let samples: [ScoredSample]

    init(_ results: RunResults, threshold: Float) {
        self.results = results
        self.threshold = threshold
        samples = results.predictions.filter { !$0.score.isNaN }
    }

    mutating func addAll() throws {
        add(HistoryFigure(results.history).plot, orNote: "No epoch has a finite loss, so there is no history to draw.")
        let left = results.predictions.count - samples.count
        if left > 0 {
            notes.append("\(left) test stamps got a probability that is not a number, and are left out of the figures.")
        }
        if !samples.isEmpty { try addTestFigures() }
        if let model = results.model { add(FilterFigure(model)?.plot, orNote: nil) }
    }

    private mutating func add(_ plot: Plot?, orNote note: String?) {
        if let plot { plots.append(plot) } else if let note { notes.append(note) }
    }

    private mutating func addTestFigures() throws {
        let stamps = try results.stamps.map { TestStamps(reader: try StampReader($0, preparation)) }
        let matchedFilter = try stamps?.filtered(samples)
        add(ConfusionFigure(samples, threshold: threshold).plot, orNote: nil)
        add(
            ROCFigure(network: samples, matchedFilter: matchedFilter, threshold: threshold).plot,
            orNote: "The test set lacks one class, so there is no ROC curve.")
        add(
            PrecisionRecallFigure(network: samples, matchedFilter: matchedFilter, threshold: threshold).plot,
            orNote: "The test set has no sources, so there is neither precision nor recall.")
        add(ErrorRatesFigure(samples, threshold: threshold).plot, orNote: nil)
        addCompleteness(matchedFilter)
        add(ReliabilityFigure(samples).plot, orNote: nil)
        add(ScoreHistogramFigure(samples, threshold: threshold).plot, orNote: nil)
        if let stamps { try addGrids(stamps) }
    }

    /// What is done with stamps before the network sees them. What only a model that is gone knows is left out.
    private var preparation: StampPreparation {
        let known = results.model?.preparation ?? results.configuration.settings.preparation
        return known.normalization.isUnmeasured ? known.normalized(by: Normalization.none) : known
    }

    private mutating func addCompleteness(_ matchedFilter: [ScoredSample]?) {
        guard let ratios = results.signalToNoise else {
            notes.append(
                "There is no snr_sources.npy beside the source stamps, so completeness is not drawn against it.")
            return
        }
        // Sources are counted after all noise.
        let first = results.configuration.findings.classStamps[0]
        let signalToNoise = Dictionary(uniqueKeysWithValues: ratios.enumerated().map { (first + $0, $1) })
        add(
            CompletenessFigure(
                network: samples, matchedFilter: matchedFilter, signalToNoise: signalToNoise, threshold: threshold
            ).plot, orNote: "No source of the test set has a signal-to-noise ratio, so completeness is not drawn.")
    }

    private mutating func addGrids(_ stamps: TestStamps) throws {
        let (height, width) = (stamps.reader.inputShape.extents[0], stamps.reader.inputShape.extents[1])
        add(
            StampGridFigure.ofBothClasses(
                try stamps.classified(StampGridFigure.examples(samples)), total: samples.count, height: height,
                width: width,
                threshold: threshold
            ).plot, orNote: nil)
        let mistakes = try stamps.classified(StampGridFigure.mistakes(samples, threshold: threshold))
        add(
            StampGridFigure.ofMistakes(
                mistakes, total: samples.count { ThresholdRule.isSource($0.score, above: threshold) != $0.isSource },
                height: height, width: width,
                threshold: threshold
            ).plot, orNote: "The network makes no mistake on the test set.")
    }
}
