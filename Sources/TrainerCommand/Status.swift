import ArgumentParser
import Communication
import Faults
import Files
import FoundationEssentials
import Glibc
import Logging
import Monitoring
import RunRecords

/// `swift-run-trainer status`
struct Status: GroupCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how far runs are, from their folders: also of jobs on other hosts.",
        discussion: """
            Of one run it shows the epoch, the time left, the losses, the speed, the last checkpoint and the host, of \
            several a table; the folder of an ensemble or a search stands for all runs in it. Ends with 0 if all runs \
            are finished or under way, 75 if one can be gone on with, 65 if one has failed.
            """)

    static let examples = [
        "swift-run-trainer status runs/survey",
        "swift-run-trainer status runs/ensemble runs/survey --watch",
    ]

    @Argument(help: ArgumentHelp("Folders of runs.", valueName: "dir"))
    var folders: [String] = ["run"]

    @Flag(help: "Go on until no run is under way.")
    var watch = false

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Time between two looks, with --watch.", valueName: "seconds"))
    var every = 2.0

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        try group.agree {
            guard every >= 0.1, every <= 3600 else {
                throw Fault(
                    .usage, "--every \(every)", "must be from 0.1 to 3600 seconds", remedy: "give, for instance, 5")
            }
            guard group.rank == 0 else { return }
            var runs = try look()
            if watch { runs = try follow(runs, environment) } else { try show(runs, environment) }
            if let fault = runs.compactMap(\.fault).max(by: { Self.weight($0) < Self.weight($1) }) { throw fault }
        }
    }

    private func look() throws -> [RunStatus] {
        let now = Date().timeIntervalSince1970
        return try folders.flatMap { try RunsInFolder.find($0) }.map {
            RunStatus($0, host: RunLock.hostName(), now: now)
        }
    }

    private func show(_ runs: [RunStatus], _ environment: [String: String]) throws {
        let columns = ProgressLine.columns(environment: environment)
        try StandardOutput.print(result: StatusText(runs, columns: columns).text)
    }

    /// Looks again and again: on a terminal the text is redrawn in place; elsewhere there is a line when an epoch is
    /// done or the state changes.
    private func follow(_ first: [RunStatus], _ environment: [String: String]) throws -> [RunStatus] {
        var runs = first
        var said: [String: String] = [:]
        var lines = 0
        while true {
            if let columns = ProgressLine.columns(environment: environment) {
                let text = StatusText(runs, columns: columns).text.printableLines
                // Up to where the last text began, and nothing below it stays.
                StandardOutput.show(progress: (lines > 0 ? "\u{1B}[\(lines)A\u{1B}[J" : "") + text)
                lines = text.count { $0 == "\n" }
            } else {
                for run in runs {
                    let news = "\(run.state.word) \(run.history.count)"
                    if said.updateValue(news, forKey: run.folder) == news { continue }
                    try StandardOutput.print(result: StatusText.line(run))
                }
            }
            guard runs.contains(where: \.isWatched) else { return runs }
            usleep(UInt32(every * 1e6))
            runs = try look()
        }
    }

    /// What has failed needs somebody; what was stopped can go on.
    private static func weight(_ fault: Fault) -> Int { fault.kind == .badData ? 1 : 0 }
}
