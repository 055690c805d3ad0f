import Figures
import Foundation
import Metrics
import TestSupport
import Testing

/// Figures of two classes that are not noise and sources.
@Suite struct TwoClassNameTests {
    private static let samples = (0..<60).map {
        ScoredSample(index: $0, trueClass: $0 % 2, score: Float(($0 * 37 + $0 % 2 * 20) % 61) / 60)
    }

    /// One of each kind.
    private func plots(_ names: [String]) -> [Plot] {
        let samples = Self.samples
        let numbers = Dictionary(uniqueKeysWithValues: samples.map { ($0.index, Double($0.index) / 7) })
        return [
            ConfusionFigure(samples, threshold: 0.5, classNames: names).plot,
            ROCFigure(network: samples, matchedFilter: samples, threshold: 0.5, classNames: names).plot,
            PrecisionRecallFigure(network: samples, matchedFilter: samples, threshold: 0.5, classNames: names).plot,
            ErrorRatesFigure(samples, threshold: 0.5, classNames: names).plot,
            ReliabilityFigure(samples, classNames: names).plot,
            ScoreHistogramFigure(samples, threshold: 0.5, classNames: names).plot,
            CompletenessFigure(
                network: samples, matchedFilter: samples, signalToNoise: numbers, threshold: 0.5,
                quantity: .column(names[0], number: 3), classNames: names
            ).plot,
        ].compactMap { $0 }
    }

    /// What people read of a figure: its description, its columns, and what is drawn.
    private func texts(_ names: [String]) throws -> [String: String] {
        try withTemporaryFolder { folder in
            let plots = plots(names)
            #expect(plots.count == 7)
            let none = Gnuplot(environment: [Gnuplot.environmentVariable: folder + "/missing"])
            _ = try FigureFolder(folder).draw(plots, with: none)
            return Dictionary(
                uniqueKeysWithValues: try plots.map {
                    ($0.name, "\($0.description)\n\($0.table.csv)" + (try text("\(folder)/\($0.name).gnuplot")))
                })
        }
    }

    @Test func figuresCallTheClassesByTheirNames() throws {
        for (figure, text) in try texts(["star", "galaxy"]) {
            #expect(text.contains("galaxy"), "\(figure)")
            #expect(!text.localizedCaseInsensitiveContains("source"), "\(figure)")
            #expect(!text.localizedCaseInsensitiveContains("noise"), "\(figure)")
        }
        let texts = try texts(["star", "galaxy"])
        #expect(texts["roc"]!.contains("of the stamps of galaxy and mistakes"))
        #expect(texts["error_rates"]!.contains("of the stamps of star for galaxy and misses"))
        #expect(texts["scores"]!.contains("bin_lower,bin_upper,star,galaxy\n"))
        #expect(texts["reliability"]!.contains("samples,galaxy,mean_probability,share_of_galaxy,lower,upper\n"))
        #expect(texts["completeness_3"]!.contains("of known star the network finds"))
    }

    @Test func noiseAndSourcesAreCalledSo() throws {
        let texts = try texts(ClassificationMetrics.noiseAndSource)
        #expect(texts["roc"]!.contains("of the sources and mistakes"))
        #expect(texts["scores"]!.contains("bin_lower,bin_upper,noise,sources\n"))
        #expect(texts["scores"]!.contains("set xlabel \"probability of a source\"\n"))
        #expect(texts["reliability"]!.contains("share_of_sources"))
        #expect(texts["precision_recall"]!.contains("title \"share of sources\""))
    }

    @Test(.enabled(if: FigureFolderTests.hasGnuplot))
    func everyFigureIsDrawnWhateverItsNamesAre() throws {
        for names in [
            ["`touch FOLDER/escaped`", "it's \"quoted\""], ["a_b^{c}@d&e~f\\n", "two\nlines"],
            ["bin_lower", "samples"], ["3", "NaN"], ["$x<y>&amp;", String(repeating: "long, ", count: 20)],
        ] {
            try withTemporaryFolder { folder in
                let names = names.map { $0.replacing("FOLDER", with: folder) }
                let (figures, warnings) = try FigureFolder(folder + "/figures").draw(
                    plots(names), with: Gnuplot(environment: FigureFolderTests.environment))
                #expect(warnings.isEmpty, "\(warnings)")
                for figure in figures {
                    #expect(FigureFolderTests.isWellFormed(try text(try #require(figure.svg))), "\(figure.name)")
                }
                #expect(!exists("\(folder)/escaped"))
            }
        }
    }
}
