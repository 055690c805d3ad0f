import ArgumentParser
import Communication
import Faults
import Files
import FoundationEssentials
import Logging
import Reports
import RunRecords

/// `swift-run-trainer report`
struct Report: GroupCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the figures and report.html of a run, or compare runs side by side.",
        discussion: """
            As train does at its end: RUN/figures and RUN/report.html, a self-contained page. RUN may be the folder of an \
            ensemble or of a cross-validation, or of a run that is not finished.
            """)

    static let examples = [
        "swift-run-trainer report --run runs/survey",
        "swift-run-trainer report --compare runs/vgg6 runs/resnet18 --output comparison.html",
    ]

    @Option(help: ArgumentHelp("The folder of a run, an ensemble or a cross-validation.", valueName: "dir"))
    var run: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Folders of the runs, ensembles or cross-validations to compare.", valueName: "dir"))
    var compare: [String] = []

    @Option(help: ArgumentHelp("The .html file that --compare writes.", valueName: "file"))
    var output: String?

    @OptionGroup var by: ByOption

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        try group.agree {
            try checkOptions()
            guard group.rank == 0 else { return }
            if let run {
                let folder = RunFolder(run)
                for warning in try RunReport.write(folder, columns: by.by, environment: environment) {
                    logger.warning("\(warning)")
                }
                if !verbosity.quiet { try StandardOutput.print(note: "report in \(folder.report)\n") }
            } else if let output {
                let folders = compare.map { RunFolder($0) }
                for warning in try RunReport.compare(folders, output: output, environment: environment) {
                    logger.warning("\(warning)")
                }
                if !verbosity.quiet { try StandardOutput.print(note: "report in \(output)\n") }
            }
        }
    }

    private func checkOptions() throws {
        guard run != "", !compare.contains(""), output != "" else {
            throw Fault(.usage, "command line", "names an empty path", remedy: "name folders of finished runs")
        }
        guard (run == nil) != compare.isEmpty else {
            throw Fault(
                .usage, "command line", "needs either --run or --compare",
                remedy: "name one run with --run, or several with --compare")
        }
        if run != nil, output != nil {
            throw Fault(
                .usage, "--output", "does not go with --run, whose report is in the run's folder",
                remedy: "leave it out")
        }
        if run == nil, let first = by.by.first {
            throw Fault(
                .usage, "--by \(first)", "does not go with --compare, which draws nothing", remedy: "leave it out")
        }
        guard run != nil || compare.count >= 2 else {
            throw Fault(.usage, "--compare", "names one run alone", remedy: "name at least two, or use --run")
        }
        guard run != nil || output != nil else {
            throw Fault(.usage, "--compare", "needs --output", remedy: "name the .html file to write")
        }
    }
}
