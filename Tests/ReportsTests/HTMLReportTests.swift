import Figures
import Foundation
import FoundationXML
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
            // (4·4 − 1·1) / √(5·5·5·5). From 0.2 on no source is missed, and three of five noise stamps are above; from
            // 0.99 on there is no noise, and one source of five.
            #expect(page.contains(row("Matthews&#39; correlation", "0.6000")))
            for limit in [1, 5, 10] {
                let name = "false positives at \(limit) % missed"
                #expect(page.contains(row(name, "0.6000") + "<td class=\"number\">\(Float(0.2).nextDown)</td>"))
            }
            let found = row("missed at 1 % false positives", "0.8000")
            #expect(page.contains(found + "<td class=\"number\">\(Float(0.99).nextDown)</td>"))
            // The one class-0 stamp above 0.5 is the worst mistake, the source at 0.2 the other.
            #expect(page.contains("<td>noise</td><td class=\"number\">0.900000</td>"))
            #expect(page.contains("<td>source</td><td class=\"number\">0.200000</td>"))
            #expect(page.contains("swift-run-trainer train --sources "))
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
            let output = "\(folder)/comparison.html"
            try RunReport.compare(runs, output: output)
            let page = try text(output)
            expectWellFormed(page)
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
