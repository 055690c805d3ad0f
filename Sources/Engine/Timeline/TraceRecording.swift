import Communication
import Files
import Lanes
import Logging
import Models
import StampData

/// `--trace`: records some steps of a run on every rank and writes them as one file on rank 0.
package final class TraceRecording {
    private static let beginning = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"
    /// What it writes, to recognise an earlier one.
    package static let kind = OutputFile.Kind("a trace", beginsWith: beginning)

    private let network: Network
    private let steps: Int
    private let timeline: Timeline
    private let group: any ProcessGroup
    private let logger: Logger
    /// The output file, on rank 0. Opened before the first step, so that an unwritable path is refused then.
    private var file: AtomicFile?
    private var recorded = 0..<0
    private var origin = 0
    private var isWritten = false

    /// Reserves memory for `steps` steps and lets the lanes of `team` record there, as does a training step that is
    /// made afterwards. Not collective.
    ///
    /// - Parameter output: on rank 0.
    /// - Throws: `Fault(.cannotWrite)` on rank 0.
    package init(
        _ output: OutputFile?, steps: Int, network: Network, plan: BatchPlan, team: LaneTeam, group: any ProcessGroup,
        logger: Logger
    ) throws {
        self.network = network
        self.steps = steps
        self.group = group
        self.logger = logger
        let microbatches = (0..<plan.microbatches).balancedRuns(over: group.size)[group.rank]
            .balancedRuns(over: team.count)[0].count
        timeline = Timeline(
            lanes: team.count,
            capacity: Timeline.capacity(network: network, microbatches: microbatches, steps: steps))
        team.timeline = timeline
        file = try output?.open()
    }

    /// Chooses the steps to record: the first ones, after one to warm up if there is more than one. Collective.
    ///
    /// - Parameter run: the numbers of the steps that the run is about to perform.
    package func begin(_ run: Range<Int>) throws {
        let first = run.count > 1 ? run.lowerBound + 1 : run.lowerBound
        recorded = first..<min(first + steps, run.upperBound)
        timeline.record(steps: recorded)
        // The clocks of all machines count from when the ranks leave this barrier.
        try group.barrier()
        origin = Timeline.now()
    }

    /// Writes the file as soon as all chosen steps are over. Collective, between steps.
    ///
    /// - Parameter next: the number of the next step in the run.
    package func finish(before next: Int) throws {
        guard !isWritten, next >= recorded.upperBound else { return }
        isWritten = true
        let text = TraceText(rank: group.rank, hostName: group.hostName, network: network, origin: origin)
        let parts = try group.gather(text.events(of: timeline))
        let totals = try TimelineTotals(timeline, nodes: network.nodes.count).summed(over: group)
        try group.agree {
            guard let file, let parts else { return }
            try file.write(Self.beginning)
            for (rank, part) in parts.enumerated() {
                if rank > 0 { try file.write(",\n") }
                try part.withUnsafeBytes { try file.write($0) }
            }
            try file.write("\n]}\n")
            try file.commit()
        }
        if let totals, let file { log(totals, path: file.path) }
        file = nil
    }

    private func log(_ totals: TimelineTotals, path: String) {
        func percent(_ share: Double) -> String { "\(FormattedNumber.fixed(100 * share, 1)) %" }
        let hidden = totals.hiddenShare.map { ", communication hidden \(percent($0))" } ?? ""
        logger.info(
            """
            \(path): \(recorded.count) steps, computing \(percent(totals.share(totals[.work]))), \
            waiting for lanes \(percent(totals.share(totals[.idle]))), \
            in messages \(percent(totals.share(totals[.message])))\(hidden)
            """)
        if totals.dropped > 0 {
            logger.warning("\(path): \(totals.dropped) events had no room; use a smaller --trace-steps")
        }
    }
}
