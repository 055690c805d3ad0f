import Faults
import Figures
import FoundationEssentials
import Metrics
import RunRecords
import TestSupport
import Testing

@Suite struct FigureFolderTests {
    static let environment = ProcessInfo.processInfo.environment
    static let hasGnuplot = Gnuplot(environment: environment).path != nil

    /// One of each kind, of few samples.
    private func plots() throws -> [Plot] {
        let samples = try Reference.named("ten").samples
        let filter = samples.map { ScoredSample(index: $0.index, trueClass: $0.trueClass, score: 10 * $0.score) }
        let ratios = Dictionary(uniqueKeysWithValues: samples.map { ($0.index, Double($0.index + 3)) })
        let stamps = samples.map { sample in
            ClassifiedStamp(
                sample: ClassifiedSample(sample, threshold: 0.5),
                picture: StampPicture(
                    height: 5, width: 6, values: (0..<30).map { Float(($0 * 7 + sample.index) % 11) }))
        }
        let row = HistoryRow(
            epoch: 1, loss: 0.5, accuracy: 0.75, learningRate: 0.01, seconds: 1, samplesPerSecond: 10)
        return [
            HistoryFigure([row]).plot,
            ConfusionFigure(samples, threshold: 0.5).plot,
            ROCFigure(network: samples, matchedFilter: filter, threshold: 0.5).plot,
            PrecisionRecallFigure(network: samples, matchedFilter: filter, threshold: 0.5).plot,
            CompletenessFigure(network: samples, matchedFilter: filter, signalToNoise: ratios, threshold: 0.5).plot,
            ReliabilityFigure(samples).plot,
            ScoreHistogramFigure(samples, threshold: 0.5).plot,
            StampGridFigure.ofBothClasses(stamps, total: 10).plot,
            StampGridFigure.ofMistakes(
                [
                    ClassifiedStamp(
                        sample: stamps[6].sample, identifier: "it's {/:Bold \"a,\\n\n`b`\"} <_>&",
                        picture: stamps[6].picture)
                ], total: 1, trueClass: 0
            ).plot,
            FilterFigure(layer: "conv_1", height: 2, width: 2, images: [1, -1, 0, 2, 0, 0, 0, 0], total: 2).plot,
            HeatMapFigure(
                name: "it's `an` $occlusion \"map\"", title: "Occlusion \"5×5\" <_>", description: "a & b < c",
                quantity: "probability",
                stamp: stamps[0].picture, heatMap: [Float](repeating: 0.5, count: 30)
            ).plot,
        ].compactMap { $0 }
    }

    @Test(.enabled(if: hasGnuplot))
    func everyFigureIsDrawnAsWellFormedSVGAndAsPNG() throws {
        try withTemporaryFolder { base in
            // A name that a shell or gnuplot would take for something else.
            let folder = base + "/it's `a` $folder \"of\" figures"
            let plots = try plots()
            let (figures, warnings) = try FigureFolder(folder).draw(plots, with: Gnuplot(environment: Self.environment))
            #expect(warnings.isEmpty)
            #expect(figures.count == 11 && figures.allSatisfy(\.isDrawn))
            for figure in figures {
                let svg = try text(try #require(figure.svg))
                #expect(Self.isWellFormed(svg), "\(figure.name).svg")
                #expect(svg.contains("<title>\(escaped(figure.title))</title>"))
                #expect(svg.contains("<desc>\(escaped(figure.description))</desc>"))
                #expect(!svg.contains("href='http") && !svg.contains("href=\"http"))
                let png = try Data(contentsOf: URL(filePath: try #require(figure.png)))
                #expect(Array(png.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
                // Twice the size of the SVG.
                let size = try #require(svg.firstMatch(of: /viewBox="0 0 (\d+) (\d+)"/))
                #expect(bigEndian(png[16..<20]) == 2 * Int(size.1)! && bigEndian(png[20..<24]) == 2 * Int(size.2)!)
                for file in figure.files { #expect(FileManager.default.fileExists(atPath: file)) }
            }
            let all = Set(figures.flatMap(\.files).map { $0.split(separator: "/").last! })
            let present = Set(try FileManager.default.contentsOfDirectory(atPath: folder).map { $0[...] })
            #expect(present == all)
        }
    }

    @Test(.enabled(if: hasGnuplot))
    func aFigureThatCannotBeDrawnIsAWarningAndTheOthersAreThere() throws {
        try withTemporaryFolder { folder in
            let history = try #require(try plots().first)
            // A map without a finite number.
            let blank = HeatMapFigure(
                name: "blank", title: "", description: "", quantity: "",
                stamp: StampPicture(height: 1, width: 1, values: [.nan]), heatMap: [.nan]
            ).plot
            let (figures, warnings) = try FigureFolder(folder).draw(
                [blank, history], with: Gnuplot(environment: Self.environment))
            #expect(figures.map(\.isDrawn) == [warnings.isEmpty, true])
            #expect(FileManager.default.fileExists(atPath: "\(folder)/blank.csv"))
        }
    }

    @Test func withoutGnuplotTheNumbersAreThereAndOneWarning() throws {
        try withTemporaryFolder { base in
            let folder = base + "/figures"
            let gnuplot = Gnuplot(environment: [Gnuplot.environmentVariable: base + "/missing"])
            #expect(gnuplot.path == nil)
            let (figures, warnings) = try FigureFolder(folder).draw(try plots(), with: gnuplot)
            #expect(warnings.count == 1)
            #expect(warnings[0].description.contains("apt install gnuplot-nox"))
            #expect(figures.count == 11)
            for figure in figures {
                #expect(!figure.isDrawn && figure.svg == nil && figure.png == nil)
                for file in figure.files { #expect(FileManager.default.fileExists(atPath: file)) }
            }
        }
    }

    @Test func aFolderThatCannotBeMadeIsRefused() throws {
        try withTemporaryFolder { base in
            let fault = #expect(throws: Fault.self) {
                try FigureFolder(base + "/no/such").draw([], with: Gnuplot(environment: [:]))
            }
            #expect(fault?.kind == .cannotWrite)
        }
    }

    private func bigEndian(_ bytes: Data) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    /// Whether every element that begins ends, in the right order, and every `&` begins an entity.
    static func isWellFormed(_ xml: String) -> Bool {
        var open: [Substring] = []
        for tag in xml.matches(of: /<(\/?)([A-Za-z][\w:]*)(?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)>/) {
            if !tag.1.isEmpty {
                guard open.popLast() == tag.2 else { return false }
            } else if tag.3.isEmpty {
                open.append(tag.2)
            }
        }
        let tags = xml.matches(of: /<[^?!]/).count
        let parsed = xml.matches(of: /<(\/?)([A-Za-z][\w:]*)(?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)>/)
            .count
        return open.isEmpty && tags == parsed && xml.matches(of: /&(?!\w+;|#\d+;)/).isEmpty
    }
}
