import Figures
import Foundation
import Metrics
import TestSupport
import Testing

/// Figures of test sets with more than two classes.
@Suite struct ClassFigureTests {
    /// Names with everything that gnuplot, a shell or a page would take for something else.
    private static let hostile = [
        "plain", "`touch FOLDER/escaped`", "it's \"quoted\"", "a_b^{c}@d&e~f\\n", "two\nlines", "$x<y>&amp;",
        String(repeating: "long", count: 20), "größer ✓",
    ]

    private static func predictions(classes: Int, count: Int) -> ClassPredictions {
        let labels = (0..<count).map { $0 * 7 % classes }
        let probabilities = (0..<count).flatMap { sample -> [Float] in
            let weights = (0..<classes).map { label in
                Float((sample * 31 + label * 17) % 13 + (label == labels[sample] ? 9 : 1))
            }
            return weights.map { $0 / weights.reduce(0, +) }
        }
        return ClassPredictions(
            classes: classes, indices: (0..<count).map { 3 * $0 }, trueClasses: labels, probabilities: probabilities)
    }

    /// One of each kind.
    private func plots(_ predictions: ClassPredictions, _ names: [String], channels: [String]) -> [Plot] {
        func stamps(_ samples: [ClassifiedSample]) -> [ClassifiedStamp] {
            samples.map { sample in
                let values = (0..<30 * channels.count).map { Float(($0 * 7 + sample.index) % 11) }
                return ClassifiedStamp(
                    sample: sample, picture: StampPicture(height: 5, width: 6, channels: channels, values: values))
            }
        }
        let examples = stamps(StampGridFigure.examples(predictions, channels: channels.count))
        let mistakes = stamps(StampGridFigure.mistakes(predictions))
        let filters = (0..<4 * 9 * channels.count).map { Float($0 % 5) - 2 }
        return [
            ClassConfusionFigure(ConfusionMatrix(predictions), classNames: names).plot,
            ClassROCFigure(predictions, classNames: names).plot,
            ClassPrecisionRecallFigure(predictions, classNames: names).plot,
            ReliabilityFigure(ofTopClass: predictions).plot,
            ClassScoreFigure(predictions, classNames: names).plot,
            ClassCompletenessFigure(
                predictions, classNames: names,
                numbers: StampNumbers(
                    name: names[2], values: (0..<3 * predictions.count).map { $0 % 5 == 0 ? .nan : Double($0) }),
                quantity: .column(names[2], number: 1)
            ).plot,
            StampGridFigure.ofAllClasses(examples, of: predictions, classNames: names).plot,
            StampGridFigure.ofMistakes(mistakes, of: predictions, classNames: names).plot,
            FilterFigure(
                layer: "conv_1", height: 2, width: 2, images: filters, total: 9 * channels.count,
                channels: channels.count > 1 ? channels : []
            ).plot,
            HeatMapFigure(
                name: "map", title: names[1], description: names[1], quantity: names[1], stamp: examples[0].picture,
                heatMap: [Float](repeating: 0.5, count: 30)
            ).plot,
        ].compactMap { $0 }
    }

    @Test(.enabled(if: FigureFolderTests.hasGnuplot), arguments: [(8, 1), (8, 3), (3, 12), (30, 1), (60, 2)])
    func everyFigureIsDrawnWhateverItsNamesAre(_ classes: Int, channels: Int) throws {
        try withTemporaryFolder { folder in
            let hostile = Self.hostile.map { $0.replacing("FOLDER", with: folder) }
            let names = (0..<classes).map { $0 < hostile.count ? hostile[$0] : "class \($0)" }
            let channelNames = (0..<channels).map { $0 < hostile.count ? hostile[$0] : "\($0)" }
            let plots = plots(
                Self.predictions(classes: classes, count: 4 * classes), names,
                channels: channels == 1 ? [""] : channelNames)
            #expect(plots.count == 10)
            let (figures, warnings) = try FigureFolder(folder + "/figures").draw(
                plots, with: Gnuplot(environment: FigureFolderTests.environment))
            #expect(warnings.isEmpty, "\(warnings)")
            #expect(figures.allSatisfy { $0.isDrawn })
            for figure in figures {
                let svg = try text(try #require(figure.svg))
                #expect(FigureFolderTests.isWellFormed(svg), "\(figure.name)")
            }
            #expect(!exists("\(folder)/escaped"))
        }
    }

    @Test func theMistakesAreThoseWithTheHighestProbability() {
        let predictions = ClassPredictions(
            classes: 3, indices: [10, 11, 12, 13, 14], trueClasses: [0, 1, 2, 0, 1],
            probabilities: [0.5, 0.3, 0.2, 0.9, 0.05, 0.05, 0.1, 0.1, 0.8, 0.1, 0.6, 0.3, 0.1, 0.3, 0.6])
        let mistakes = StampGridFigure.mistakes(predictions)
        #expect(mistakes.map(\.index) == [11, 13, 14])
        #expect(mistakes.map(\.predictedClass) == [0, 1, 2] && mistakes.map(\.trueClass) == [1, 0, 1])
        #expect(mistakes.map(\.probability) == [0.9, 0.6, 0.6])
        #expect(StampGridFigure.mistakes(predictions, most: 1).map(\.index) == [11])
    }

    @Test func examplesAreEvenlySpacedAmongThoseOfEachClass() {
        let predictions = Self.predictions(classes: 3, count: 60)
        let examples = StampGridFigure.examples(predictions)
        #expect(
            examples.count == 15 && examples.map(\.trueClass) == [0, 1, 2].flatMap { Array(repeating: $0, count: 5) })
        #expect(examples.prefix(5).map(\.index) == [0, 36, 72, 108, 144])
        #expect(StampGridFigure.examples(predictions, channels: 4).count == 6)
    }

    /// Of many classes, those with the most stamps are drawn, and the figure says so.
    @Test func aFigureOfManyClassesShowsTheLargest() throws {
        let predictions = Self.predictions(classes: 30, count: 100)
        let names = (0..<30).map { "class \($0)" }
        let plot = try #require(ClassROCFigure(predictions, classNames: names).plot)
        #expect(Set(plot.table.rows.map { $0[0] }).count == 16)
        #expect(plot.description.contains("Of 30 classes the 16 with the most stamps are shown."))
        #expect(plot.description.contains("The mean of the areas under the curves of all classes is"))
    }

    @Test func channelsStandSideBySideInTheFile() throws {
        try withTemporaryFolder { folder in
            let predictions = Self.predictions(classes: 3, count: 9)
            let plots = plots(predictions, ["a", "b", "c"], channels: ["SCI", "REF"])
            let gnuplot = Gnuplot(environment: [Gnuplot.environmentVariable: folder + "/missing"])
            _ = try FigureFolder(folder).draw(plots, with: gnuplot)
            let header = String(decoding: try bytes("\(folder)/stamps.npy").prefix(128), as: UTF8.self)
            #expect(header.contains("(9, 5, 6, 2)"))
            let filters = try text("\(folder)/filters.csv").split(separator: "\n")
            #expect(filters[0] == "image,unit,channel,minimum,maximum,norm" && filters[2].hasPrefix("1,0,REF,"))
            #expect(try text("\(folder)/map.csv").hasPrefix("y,x,stamp_0,stamp_1,map\n"))
        }
    }
}
