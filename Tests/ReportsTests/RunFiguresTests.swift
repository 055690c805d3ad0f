import Faults
import Figures
import Files
import FoundationEssentials
import Models
import Reports
import StampFormats
import TestSupport
import Testing

@Suite struct RunFiguresTests {
    static let gnuplot = Gnuplot(environment: ProcessInfo.processInfo.environment)

    private func figures(of run: MadeUpRun) throws -> RunFigures {
        try withTemporaryFolder { folder in
            let results = try RunResults.read(run.write(into: folder))
            #expect(results.notes.isEmpty || run.probabilities.isEmpty)
            let made = try RunFigures.write(results, to: results.folder.figures, gnuplot: Self.gnuplot)
            let warnings = made.warnings
            #expect(Self.gnuplot.path == nil ? warnings.count == 1 : warnings.isEmpty)
            #expect(made.figures.allSatisfy { $0.isDrawn == (Self.gnuplot.path != nil) })
            for file in made.figures.flatMap(\.files) { #expect(FileAccess.exists(file)) }
            return made
        }
    }

    private let tenStamps: [(index: Int, probability: Float)] = [
        (0, 0.1), (2, 0.75), (3, 0.2), (7, 0), (11, 0.4), (12, 0.9), (13, 1), (15, 0.3), (18, 0.875), (20, 0.6),
    ]

    @Test func tenTestStampsHaveAllFigures() throws {
        let made = try figures(of: MadeUpRun(probabilities: tenStamps))
        #expect(made.figures.map(\.name) == RunFigures.allNames)
        #expect(made.notes.isEmpty)
    }

    @Test func oneOutputAndStampsOfAnotherSizeHaveThemToo() throws {
        let made = try figures(of: MadeUpRun(classes: 1, height: 25, width: 23, probabilities: tenStamps))
        #expect(made.figures.map(\.name) == RunFigures.allNames)
    }

    @Test func anotherThresholdMakesOtherMistakes() throws {
        try withTemporaryFolder { folder in
            let results = try RunResults.read(MadeUpRun(probabilities: tenStamps).write(into: folder))
            let none = Gnuplot(environment: [Gnuplot.environmentVariable: "/no/gnuplot"])
            _ = try RunFigures.write(results, to: results.folder.figures, gnuplot: none, threshold: 0.8)
            let lines = try text("\(results.folder.figures)/misses.csv").split(separator: "\n")
            #expect(
                lines == [
                    "image,index,true_class,predicted_class,probability,snr", "0,15,1,0,0.3,6.0", "1,20,1,0,0.6,11.0",
                ])
            let images = try NumericArray(contentsOf: "\(results.folder.figures)/misses.npy")
            #expect(images.shape == [2, 21, 21])
            // No source is below this threshold: there is no mistake, and the grid of before is gone.
            let sources = MadeUpRun(probabilities: Array(tenStamps.suffix(5)))
            let again = try RunResults.read(sources.write(into: folder))
            _ = try RunFigures.write(again, to: results.folder.figures, gnuplot: none, threshold: 0.2)
            #expect(!FileAccess.exists("\(results.folder.figures)/misses.csv"))
            #expect(!FileAccess.exists("\(results.folder.figures)/roc.csv"))
        }
    }

    @Test func aTestSetOfOneClassLacksWhatNeedsBoth() throws {
        let onlyNoise = try figures(of: MadeUpRun(probabilities: Array(tenStamps.prefix(5))))
        #expect(
            onlyNoise.figures.map(\.name)
                == [
                    "history", "confusion", "reliability", "scores", "stamps", "false_positives", "occlusion",
                    "filters",
                ])
        #expect(onlyNoise.notes.count == 3)
        let onlySources = try figures(of: MadeUpRun(probabilities: Array(tenStamps.suffix(5))))
        #expect(
            onlySources.figures.map(\.name)
                == RunFigures.allNames.filter { !["roc", "error_rates", "false_positives"].contains($0) })
    }

    @Test func aNetworkWithoutMistakesHasNoGridOfThem() throws {
        let made = try figures(of: MadeUpRun(probabilities: [(1, 0.0), (4, 0.5), (12, 0.75), (19, 1.0)]))
        #expect(made.figures.map(\.name) == RunFigures.allNames.filter { !["false_positives", "misses"].contains($0) })
        #expect(
            made.notes == [
                "The network takes none of the noise of the test set for sources.",
                "The network misses none of the sources of the test set.",
            ])
    }

    @Test func probabilitiesThatAreNoNumbersAreLeftOut() throws {
        let made = try figures(of: MadeUpRun(probabilities: [(1, .nan), (4, 0.25), (12, 0.75)], losses: [.nan]))
        #expect(
            made.figures.map(\.name)
                == RunFigures.allNames.filter { !["false_positives", "misses", "history"].contains($0) })
        #expect(made.notes.contains { $0.hasPrefix("1 test stamps got a probability that is not a number") })
        let none = try figures(of: MadeUpRun(probabilities: [(1, .nan), (12, .nan)], losses: [.nan]))
        #expect(none.figures.map(\.name) == ["filters"])
    }

    /// As `occlusion` makes them: the worst mistakes first, then the sources with the largest probabilities.
    @Test func occlusionMapsLieOverTheWorstAndTheBestStamps() throws {
        try withTemporaryFolder { folder in
            let results = try RunResults.read(MadeUpRun(probabilities: tenStamps).write(into: folder))
            let none = Gnuplot(environment: [Gnuplot.environmentVariable: "/no/gnuplot"])
            _ = try RunFigures.write(results, to: results.folder.figures, gnuplot: none)
            let rows = try text("\(results.folder.figures)/occlusion.csv").split(separator: "\n").dropFirst()
                .map { $0.split(separator: ",") }
            // 2 is noise at 0.75, 15 a source at 0.3.
            #expect(rows.map { $0[1] } == ["2", "15", "13", "12", "18", "20"])
            #expect(rows[1][5].hasSuffix("stamps_sources.npy") && rows[1][6] == "3")
            let images = try NumericArray(contentsOf: "\(results.folder.figures)/occlusion.npy")
            #expect(images.shape == [6, 21, 21, 3])
            for pixel in 0..<images.count { #expect(try (0...255).contains(images[pixel])) }
            // 1 − P of what is covered is a probability.
            for row in rows {
                let (least, greatest) = (try #require(Float(row[7])), try #require(Float(row[8])))
                #expect(0 <= least && least <= greatest && greatest <= 1)
            }
        }
    }

    @Test func aRunWithoutATestSetHasHistoryAndFilters() throws {
        let made = try figures(of: MadeUpRun())
        #expect(made.figures.map(\.name) == ["history", "filters"])
    }

    @Test(arguments: [(StandardNetwork.vgg6, [16, 3, 3]), (.simple, [30, 21, 21])])
    func filtersAreTheKernelsOfTheFirstLayerThatSeesMoreThanAPixel(network: StandardNetwork, shape: [Int]) throws {
        try withTemporaryFolder { folder in
            let results = try RunResults.read(MadeUpRun(network: network).write(into: folder))
            let none = Gnuplot(environment: [Gnuplot.environmentVariable: "/no/gnuplot"])
            _ = try RunFigures.write(results, to: results.folder.figures, gnuplot: none)
            let images = try NumericArray(contentsOf: "\(results.folder.figures)/filters.npy")
            #expect(images.shape == shape)
            let model = try #require(results.model)
            let name = network == .simple ? "fc_out/kernel" : "conv1/kernel"
            let kernel = try #require(model.network.parameters.first { $0.name == name })
            let weights = model.weights.values(kernel)
            // Image k, pixel p: of a convolution kernel[p, 0, k], of `simple` kernel[p · 30 + k, 1].
            let (image, pixel) = (5, 7)
            let weight = network == .simple ? weights[(pixel * 30 + image) * 2 + 1] : weights[pixel * shape[0] + image]
            let drawn = try Float(images[image * shape[1] * shape[2] + pixel])
            #expect(drawn == weight)
        }
    }
}
