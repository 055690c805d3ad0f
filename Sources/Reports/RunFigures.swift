import Faults
import Figures
import Files
import Metrics
import Preparation
import RunRecords
import StampData

/// All figures of a run.
public struct RunFigures: Sendable {
    /// In the order in which a report shows them.
    public let figures: [Figure]
    /// What could not be drawn and why, for the terminal.
    public let warnings: [Fault]
    /// What is left out and why, for the reader of a report.
    public internal(set) var notes: [String]
    /// The matched filter's scores of the test stamps, or some of them; nil without these stamps or two classes.
    let matchedFilter: [ScoredSample]?

    /// The names of all figures that a finished run of two classes can have.
    public static let allNames = [
        "history", "confusion", "roc", "precision_recall", "error_rates", "completeness", "reliability", "scores",
        "stamps", "false_positives", "misses", "occlusion", "filters",
    ]
    /// Those that only others have: an ensemble, a run that is not finished, a run of more classes.
    static let otherNames = ["histories", "steps", "mistakes"]
    /// The names of those against columns of a user's.
    static let columnNames = CompletenessFigure.Quantity.fileNames

    /// Makes all figures that the run has the numbers for, with one run of gnuplot.
    ///
    /// - Parameters:
    ///   - folder: where to, usually `RUN/figures`; it is created if its parent is there. Older figures in it are
    ///     replaced or removed.
    ///   - threshold: the probability above which a stamp counts as a source.
    ///   - columns: numbers of the stamps that completeness is drawn against.
    ///   - histories: what each run of an ensemble is called, and its epochs.
    /// - Throws: `Fault(.cannotWrite)`. What cannot be drawn is a warning.
    public static func write(
        _ results: RunResults, to folder: String, gnuplot: Gnuplot, threshold: Float = 0.5,
        columns: [StampNumbers] = [], histories: [(name: String, rows: [HistoryRow])] = []
    ) throws -> RunFigures {
        var plan = FigurePlan(results, threshold: threshold, columns: columns)
        try plan.addAll(histories)
        let names = Set(plan.plots.map(\.name))
        // An outdated figure would be taken for a current one.
        for name in Self.allNames + Self.otherNames + Self.columnNames where !names.contains(name) {
            for ending in ["csv", "npy", "gnuplot", "svg", "png"] {
                try FileAccess.remove("\(folder)/\(name).\(ending)")
            }
        }
        let (figures, warnings) = try FigureFolder(folder).draw(plan.plots, with: gnuplot)
        return RunFigures(
            figures: figures, warnings: warnings, notes: plan.notes, matchedFilter: plan.matchedFilter)
    }
}

/// Which figures a run has, in their order.
private struct FigurePlan {
    private(set) var plots: [Plot] = []
    private(set) var notes: [String] = []
    private(set) var matchedFilter: [ScoredSample]?
    private let results: RunResults
    private let threshold: Float
    private let columns: [StampNumbers]

    init(_ results: RunResults, threshold: Float, columns: [StampNumbers]) {
        self.results = results
        self.threshold = threshold
        self.columns = columns
    }

    mutating func addAll(_ histories: [(name: String, rows: [HistoryRow])]) throws {
        if histories.isEmpty {
            add(
                HistoryFigure(results.history, best: results.best).plot,
                orNote: results.unfinished != nil && results.history.isEmpty
                    ? nil : "No epoch has a finite loss, so there is no history to draw.")
            add(StepsFigure(results.steps).plot, orNote: nil)
        } else {
            add(ComparedHistoriesFigure(histories).plot, orNote: nil)
        }
        if let set = results.testSet?.usable, let all = results.testSet {
            let left = all.indices.count - set.indices.count
            if left > 0 {
                notes.append(
                    "\(left) test stamps got a probability that is not a number, and are left out of the figures.")
            }
            if !set.indices.isEmpty { try addTestFigures(set) }
            if results.unfinished == nil { addOcclusion(set) }
        }
        if let model = results.model {
            let names = try results.stamps.map { try StampReader($0, preparation).inputChannelNames }
            add(FilterFigure(model, channelNames: names)?.plot, orNote: nil)
        }
    }

    private mutating func add(_ plot: Plot?, orNote note: String?) {
        if let plot { plots.append(plot) } else if let note { notes.append(note) }
    }

    private mutating func addTestFigures(_ set: TestSet) throws {
        let stamps = try results.stamps.map {
            TestStamps(
                reader: try StampReader($0, preparation), identifiers: results.identifiers,
                signalToNoise: results.signalToNoise, kinds: results.kinds)
        }
        switch set {
        case .two(let samples): try addFigures(of: samples, stamps)
        case .several(let predictions): try addFigures(of: predictions, stamps)
        }
    }

    /// What is done with stamps before the network sees them. What only a model that is gone knows is left out.
    private var preparation: StampPreparation {
        let known = results.model?.preparation ?? results.configuration.settings.preparation
        return known.normalization.isUnmeasured ? known.normalized(by: Normalization.none) : known
    }

    // MARK: Two classes

    private mutating func addFigures(of samples: [ScoredSample], _ stamps: TestStamps?) throws {
        let matchedFilter = try stamps?.filtered(samples), (names, threshold) = (results.classNames, threshold)
        self.matchedFilter = matchedFilter
        if let channels = results.stamps?.channelNames, channels.count > 1 {
            notes.append("The matched filter is of the first of \(channels.count) channels, \(channels[0]).")
        }
        add(ConfusionFigure(samples, threshold: threshold, classNames: names).plot, orNote: nil)
        add(
            ROCFigure(network: samples, matchedFilter: matchedFilter, threshold: threshold, classNames: names).plot,
            orNote: "The test set lacks one class, so there is no ROC curve.")
        add(
            PrecisionRecallFigure(
                network: samples, matchedFilter: matchedFilter, threshold: threshold, classNames: names
            ).plot,
            orNote: "The test set has no \(TwoClassWords(names).sources), so there is neither precision nor recall.")
        add(ErrorRatesFigure(samples, threshold: threshold, classNames: names).plot, orNote: nil)
        addCompleteness(samples, matchedFilter)
        addColumns { numbers, quantity in
            // Whether a sample is a source is left to the figure.
            let values = samples.map { ($0.index, numbers.values[$0.index]) }
            return CompletenessFigure(
                network: samples, matchedFilter: matchedFilter,
                signalToNoise: Dictionary(uniqueKeysWithValues: values), threshold: threshold, quantity: quantity,
                classNames: names
            ).plot
        }
        add(ReliabilityFigure(samples, classNames: names).plot, orNote: nil)
        add(ScoreHistogramFigure(samples, threshold: threshold, classNames: names).plot, orNote: nil)
        if let stamps { try addGrids(samples, stamps) }
    }

    private mutating func addCompleteness(_ samples: [ScoredSample], _ matchedFilter: [ScoredSample]?) {
        guard let ratios = results.signalToNoise else {
            guard results.configuration.settings.data.areNoiseAndSources else { return }
            notes.append(
                "There is no snr_sources.npy beside the source stamps, so completeness is not drawn against it.")
            return
        }
        // Whether a sample is a source is left to the figure.
        let signalToNoise = Dictionary(uniqueKeysWithValues: samples.map { ($0.index, ratios[$0.index]) })
        add(
            CompletenessFigure(
                network: samples, matchedFilter: matchedFilter, signalToNoise: signalToNoise, threshold: threshold
            ).plot, orNote: "No source of the test set has a signal-to-noise ratio, so completeness is not drawn.")
    }

    /// The figures of completeness against a user's columns.
    private mutating func addColumns(_ plot: (StampNumbers, CompletenessFigure.Quantity) -> Plot?) {
        for (place, numbers) in columns.enumerated() {
            add(
                plot(numbers, .column(numbers.name, number: place + 1)),
                orNote: "No test stamp that counts has a number in \(numbers.name), so completeness is not drawn.")
        }
    }

    private mutating func addGrids(_ samples: [ScoredSample], _ stamps: TestStamps) throws {
        let threshold = threshold
        func classified(_ samples: [ScoredSample]) throws -> [ClassifiedStamp] {
            try stamps.classified(samples.map { ClassifiedSample($0, threshold: threshold) })
        }
        add(
            StampGridFigure.ofBothClasses(
                try classified(StampGridFigure.examples(samples)), total: samples.count,
                classNames: results.classNames
            ).plot, orNote: nil)
        for trueClass in [0, 1] where samples.contains(where: { $0.trueClass == trueClass }) {
            let all = StampGridFigure.mistakes(
                samples, threshold: threshold, trueClass: trueClass, most: samples.count)
            let words = TwoClassWords(results.classNames)
            add(
                StampGridFigure.ofMistakes(
                    try classified(Array(all.prefix(StampGridFigure.mostMistakes))), total: all.count,
                    trueClass: trueClass,
                    classNames: results.classNames
                ).plot,
                orNote: trueClass == 0
                    ? "The network takes none of the \(words.noise) of the test set for \(words.mistakenFor)."
                    : "The network misses none of the \(words.sources) of the test set.")
        }
    }

    /// What the network looks at. Where that cannot be told, a note says why.
    private mutating func addOcclusion(_ set: TestSet) {
        do throws(Fault) {
            guard let examples = try OcclusionExamples(results, set, threshold: threshold) else { return }
            add(examples.plot, orNote: nil)
        } catch {
            notes.append("Without a picture of what the network looks at: \(error)")
        }
    }

    // MARK: More classes

    private mutating func addFigures(of predictions: ClassPredictions, _ stamps: TestStamps?) throws {
        let names = results.classNames
        add(ClassConfusionFigure(ConfusionMatrix(predictions), classNames: names).plot, orNote: nil)
        add(
            ClassROCFigure(predictions, classNames: names).plot,
            orNote: "The test set has one class alone, so there is no ROC curve.")
        add(ClassPrecisionRecallFigure(predictions, classNames: names).plot, orNote: nil)
        addColumns {
            ClassCompletenessFigure(predictions, classNames: names, numbers: $0, quantity: $1).plot
        }
        add(ReliabilityFigure(ofTopClass: predictions).plot, orNote: nil)
        add(ClassScoreFigure(predictions, classNames: names).plot, orNote: nil)
        guard let stamps else { return }
        let examples = try stamps.classified(
            StampGridFigure.examples(predictions, channels: stamps.reader.inputShape.extents[2]))
        add(StampGridFigure.ofAllClasses(examples, of: predictions, classNames: names).plot, orNote: nil)
        let mistakes = try stamps.classified(StampGridFigure.mistakes(predictions))
        add(
            StampGridFigure.ofMistakes(mistakes, of: predictions, classNames: names).plot,
            orNote: "The network makes no mistake on the test set.")
    }
}
