import Faults
import Figures
import Files
import Foundation
import FoundationXML
import Metrics
import Reports
import RunRecords
import TestSupport
import Testing

@Suite struct HTMLReportTests {
    /// A run whose folder has a name that is no HTML, and ten test stamps with two mistakes.
    private func run(in folder: String, sources: Int = 9) throws -> RunFolder {
        var run = MadeUpRun()
        run.probabilities = [
            (0, 0.1), (1, 0.2), (2, 0.9), (3, 0.3), (4, 0.05), (12, 0.8), (13, 0.7), (14, 0.2), (15, 0.99), (16, 0.6),
        ]
        return try run.write(into: folder)
    }

    private let withoutGnuplot = [Gnuplot.environmentVariable: "/nonexistent/gnuplot"]

    private func page(_ folder: RunFolder, _ environment: [String: String]) throws -> String {
        _ = try RunReport.write(folder, environment: environment)
        return try text(folder.report)
    }

    private func expectWellFormed(_ page: String) {
        let parser = XMLParser(data: Data(page.utf8))
        #expect(parser.parse(), "\(String(describing: parser.parserError)) in line \(parser.lineNumber)")
    }

    @Test func aPageIsWellFormedAndLoadsNothing() throws {
        try withTemporaryFolder { folder in
            for environment in [withoutGnuplot, ProcessInfo.processInfo.environment] {
                let page = try page(run(in: folder), environment)
                expectWellFormed(page)
                for load in ["http://", "https://", "<script", "<img", "@import", "url(h", "src=\"/"] {
                    #expect(!page.contains(load), "\(load)")
                }
            }
        }
    }

    /// What gnuplot draws texts and axes in has another colour on a dark page, and no curve is called by its number.
    @Test(.enabled(if: Gnuplot(environment: ProcessInfo.processInfo.environment).path != nil))
    func figuresFollowADarkPageAndHaveNoTooltipsOfGnuplots() throws {
        try withTemporaryFolder { folder in
            let page = try page(run(in: folder), ProcessInfo.processInfo.environment)
            for colour in ["fill=\"rgb(34,34,34)\"", "stroke=\"rgb( 68,  68,  68)\"", "stroke=\"rgb(  0, 114, 178)\""] {
                #expect(page.contains("figure svg [\(colour)] {") || page.contains("figure svg [\(colour)], "))
                #expect(
                    page.contains(" \(colour)") || page.contains(" \(colour.replacing("\"", with: "'"))"), "\(colour)")
            }
            #expect(!page.contains("<title>gnuplot_plot"))
        }
    }

    @Test func textFromFilesIsEscaped() throws {
        try withTemporaryFolder { outer in
            let folder = "\(outer)/<b>\"R&D\" 'x'"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let page = try page(run(in: folder), withoutGnuplot)
            expectWellFormed(page)
            #expect(page.contains("&lt;b&gt;&quot;R&amp;D&quot; &#39;x&#39;"))
            #expect(!page.contains("<b>\"R"))
        }
    }

    @Test func thePageHasTheNumbersOfTheRun() throws {
        try withTemporaryFolder { folder in
            let page = try page(run(in: folder), withoutGnuplot)
            // 8 of 10 right, 4 of 5 sources found, 4 of 5 taken for sources are some: 0.4901624715 … 0.9433178485 and
            // 0.3755346 … 0.9637759 are scipy's binomtest(8, 10) and (4, 5).proportion_ci(method="wilson").
            #expect(page.contains("<b>0.8000</b><small>95 %: 0.4902–0.9433</small>"))
            #expect(page.contains("<small>95 %: 0.3755–0.9638</small>"))
            func row(_ name: String, _ value: String) -> String {
                "<th scope=\"row\">\(name)</th><td class=\"number\">\(value)</td>"
            }
            func numberRow(_ name: String, _ value: String) -> String {
                row(name, value).replacing("\"row\"", with: "\"row\" class=\"number\"")
            }
            // (4·4 − 1·1) / √(5·5·5·5). From 0.2 on no source is missed, and three of five noise stamps are above; from
            // 0.99 on there is no noise, and one source of five.
            #expect(page.contains(row("Matthews&#39; correlation", "0.6000")))
            for limit in [1, 5, 10] {
                let name = "false positives at \(limit) % missed"
                #expect(page.contains(row(name, "0.6000") + "<td class=\"number\">0.2</td>"))
            }
            let found = row("missed at 1 % false positives", "0.8000")
            #expect(page.contains(found + "<td class=\"number\">0.99</td>"))
            // The one class-0 stamp above 0.5 is the false positive, the source at 0.2, whose S/N is 3 + 2, the miss.
            #expect(page.contains("<caption>False positives: noise taken for sources, 1 in all</caption>"))
            #expect(page.contains(numberRow("2", "0.9000")))
            #expect(page.contains("<caption>Misses: sources taken for noise, 1 in all</caption>"))
            #expect(page.contains(numberRow("14", "0.2000") + "<td class=\"number\">5</td>"))
            #expect(page.contains("2 epochs") && !page.contains("1 epochs"))
            #expect(page.contains("swift-run-trainer train --recipe notebook --sources "))
            #expect(page.contains("apt install gnuplot-nox"))
        }
    }

    @Test func withoutATestSetThereIsAPage() throws {
        try withTemporaryFolder { folder in
            let page = try page(MadeUpRun().write(into: folder), withoutGnuplot)
            expectWellFormed(page)
            #expect(page.contains("The run has no test set"))
            #expect(!page.contains("Worst mistakes"))
        }
    }

    @Test func simulatedStampsHaveResultsByKind() throws {
        try withTemporaryFolder { folder in
            let run = try run(in: folder)
            let noise = (0..<12).map { "\($0),\($0 == 2 || $0 == 4 ? "trail" : "sky"),3\n" }.joined()
            let sources = (0..<9).map { "\($0),\($0 == 2 ? "crowded" : "alone"),3,9,0,0\n" }.joined()
            try write(Array("index,kind,fwhm\n\(noise)".utf8), to: "\(folder)/data/kinds_noise.csv")
            try write(Array("index,kind,fwhm,snr,dx,dy\n\(sources)".utf8), to: "\(folder)/data/kinds_sources.csv")
            let page = try page(run, withoutGnuplot)
            expectWellFormed(page)
            func row(_ kind: String, _ name: String, _ numbers: String...) -> String {
                "<th scope=\"row\">\(kind)</th><td>\(name)</td>"
                    + numbers.map { "<td class=\"number\">\($0)</td>" }.joined()
            }
            // scipy's binomtest(1, 2), (3, 3), (0, 1) and (4, 4).proportion_ci(method="wilson").
            #expect(page.contains(row("trail", "noise", "2", "1", "0.5000", "0.0945–0.9055")))
            #expect(page.contains(row("sky", "noise", "3", "0", "1.0000", "0.4385–1.0000")))
            #expect(page.contains(row("crowded", "source", "1", "1", "0.0000", "0.0000–0.7935")))
            #expect(page.contains(row("alone", "source", "4", "0", "1.0000", "0.5101–1.0000")))
            #expect(page.contains("<td>trail</td>") && page.contains("<td>crowded</td>"))
            // A table that does not fit is left out, and said so.
            try write(Array("index,kind,fwhm\n0,sky,3\n".utf8), to: "\(folder)/data/kinds_noise.csv")
            let without = try self.page(run, withoutGnuplot)
            #expect(without.contains("kinds_noise.csv: has 1 rows for the 12 stamps") && !without.contains("trail"))
        }
    }

    @Test func theBestEpochIsMarkedAndNamed() throws {
        try withTemporaryFolder { folder in
            var run = MadeUpRun()
            run.losses = [0.7, 0.25, 0.5]
            let page = try page(run.write(into: folder), withoutGnuplot)
            #expect(page.contains("<th scope=\"row\" class=\"number\">2 (best)</th>"))
            #expect(page.contains("Epoch 2 of 3 is the best, with loss 0.2500; the run went on to the last."))
        }
    }

    @Test func aRunThatIsNotFinishedShowsWhatThereIs() throws {
        try withTemporaryFolder { folder in
            let run = try MadeUpRun().write(into: folder)
            for path in [run.model, run.history] { try FileManager.default.removeItem(atPath: path) }
            let log = try MetricsLog(run.metricsLog, keepingSteps: 0, epochs: 0)
            for step in 1...12 {
                try log.append(
                    StepRow(
                        epoch: 1, step: step, loss: 1 / Double(step), accuracy: 0.5, learningRate: 0.1,
                        samplesPerSecond: 10, epochSamples: step, epochLossSum: 0, epochCorrect: 0))
            }
            try log.write()
            try JSONFile.write(
                EarlyEnd(Fault(.stoppedEarly, "SIGTERM", "asked to stop", remedy: "resume")), to: run.earlyEnd)
            let page = try page(run, withoutGnuplot)
            expectWellFormed(page)
            #expect(page.contains("This run is not finished: ") && page.contains("it was asked to stop"))
            #expect(page.contains("0 of 2 epochs are done"))
            #expect(page.contains("<th scope=\"row\" class=\"number\">12</th>"))
            #expect(!page.contains("<th scope=\"row\" class=\"number\">2</th>"))
            #expect(try text("\(run.figures)/steps.csv").split(separator: "\n").count == 13)
            #expect(!page.contains("has no test set") && !page.contains("History</h2>"))
        }
    }

    @Test func anEnsembleShowsItsMembersAndTheirSpread() throws {
        try withTemporaryFolder { folder in
            let probabilities: [[(index: Int, probability: Float)]] = [
                [(0, 0.1), (1, 0.2), (12, 0.8), (13, 0.7)], [(0, 0.1), (1, 0.9), (12, 0.8), (13, 0.7)],
            ]
            let ensemble = "\(folder)/<ensemble>"
            try FileManager.default.createDirectory(atPath: ensemble, withIntermediateDirectories: true)
            for (place, probabilities) in probabilities.enumerated() {
                let run = try MadeUpRun(probabilities: probabilities).write(into: folder)
                try FileManager.default.moveItem(atPath: run.path, toPath: "\(ensemble)/member-\(place + 1)")
            }
            try write(Array("page".utf8), to: "\(ensemble)/member-2/report.html")
            let mean = [(0, 0.1), (1, 0.55), (12, 0.8), (13, 0.7)].map { index, probability in
                SamplePrediction(
                    index: index, label: index < 12 ? 0 : 1, probability: Float(probability), threshold: 0.5)
            }
            let whole = RunFolder(ensemble)
            try TestPredictions.write(.two(mean), classNames: ["noise", "source"], to: whole.testPredictions)
            try JSONFile.write(ClassificationMetrics(mean), to: whole.metrics)
            let page = try page(whole, withoutGnuplot)
            expectWellFormed(page)
            #expect(page.contains("Members</h2>") && page.contains("2 members"))
            #expect(page.contains("<th scope=\"row\">member 1</th>"))
            #expect(page.contains("<th scope=\"row\"><a href=\"member-2/report.html\">member 2</a></th>"))
            // numpy.mean and numpy.std(ddof=1) of 1 and 0.75.
            #expect(page.contains("0.8750 ± 0.18"))
            #expect(page.contains("--members 2") && page.contains("False positives: noise taken for sources, 1 in all"))
            let histories = try text("\(whole.figures)/histories.csv").split(separator: "\n")
            #expect(histories.count == 5 && histories[3].hasPrefix("2,member 2,1,0.7,"))
            // A member that has not begun, and one that is not finished.
            try FileManager.default.createDirectory(atPath: "\(ensemble)/member-3", withIntermediateDirectories: true)
            for path in [whole.metrics, whole.testPredictions] { try FileManager.default.removeItem(atPath: path) }
            let open = try self.page(whole, withoutGnuplot)
            #expect(open.contains("has not begun") && open.contains("There is no test set of all runs together"))
        }
    }

    @Test func aComparisonShowsWhatDiffers() throws {
        try withTemporaryFolder { folder in
            var (first, second) = (MadeUpRun(), MadeUpRun())
            first.probabilities = [(0, 0.1), (12, 0.9)]
            second.probabilities = [(0, 0.1), (12, 0.4)]
            second.losses = [0.6, 0.25, 0.125]
            for name in ["a", "b"] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            }
            let runs = [try first.write(into: "\(folder)/a"), try second.write(into: "\(folder)/b")]
            let output = "\(folder)/comparison.html", environment = ProcessInfo.processInfo.environment
            let warnings = try RunReport.compare(runs, output: output, environment: environment)
            let page = try text(output)
            expectWellFormed(page)
            // The histories over each other, if they can be drawn, and nothing beside the page.
            #expect(page.contains("aria-label=\"Histories.") == warnings.isEmpty)
            #expect(warnings.isEmpty == (Gnuplot(environment: environment).path != nil))
            #expect(try names(in: folder) == ["a", "b", "comparison.html"])
            #expect(page.contains("<th scope=\"row\">sources</th>") && !page.contains("<th scope=\"row\">seed</th>"))
            #expect(page.contains("0.1250") && page.contains("1.0000 (0.3424–1.0000)"))
        }
    }

    /// The first of the programs that are installed.
    private static let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(.enabled(if: browser != nil)) func aBrowserOpensItWithoutAComplaint() throws {
        try withTemporaryFolder { folder in
            let run = try run(in: folder)
            _ = try RunReport.write(run, environment: ProcessInfo.processInfo.environment)
            let outcome = try shell(
                script: """
                    '\(Self.browser!)' --headless --no-sandbox --disable-gpu --user-data-dir='\(folder)/profile' \
                    --enable-logging=stderr --dump-dom 'file://\(run.report)'
                    """, timeout: 120)
            #expect(outcome.status == 0)
            #expect(outcome.standardOutput.contains("Worst mistakes") && outcome.standardOutput.hasSuffix("</html>\n"))
            // What a page's console says; a blocked or failed request is said there too.
            let complaints = outcome.standardError.split(separator: "\n").filter { $0.contains("CONSOLE") }
            #expect(complaints.isEmpty, "\(complaints)")
        }
    }
}
