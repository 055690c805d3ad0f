import Foundation
import TestSupport
import Testing

extension TrainerCommandTests {
    /// `train --trace FILE`: a file that Perfetto shows.
    @Suite struct TraceTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        private struct Event {
            let name, phase: String
            let rank, lane: Int
            let start, duration: Double
            let arguments: [String: Any]
            var end: Double { start + duration }
        }

        private func train(_ options: String, ranks: Int? = nil) throws -> (events: [Event], log: String) {
            let file = workspace.path("trace.json")
            let outcome = try trainer(
                "train --data \(survey.folder) \(Survey.recipe) --output \(workspace.path("run")) --trace \(file)"
                    + " \(options)", ranks: ranks)
            try #require(outcome.status == 0, "\(outcome.standardError)")
            let listed = try #require(try json(text(file))["traceEvents"] as? [[String: Any]])
            let events = try listed.map { event in
                Event(
                    name: try #require(event["name"] as? String), phase: try #require(event["ph"] as? String),
                    rank: try #require(event["pid"] as? Int), lane: try #require(event["tid"] as? Int),
                    start: event["ts"] as? Double ?? 0, duration: event["dur"] as? Double ?? 0,
                    arguments: event["args"] as? [String: Any] ?? [:])
            }
            return (events, outcome.standardError)
        }

        /// Events of one lane lie behind each other or one within the other, never half.
        private func expectNesting(_ events: [Event]) {
            var open: [Event] = []
            // Times have three decimals: a nanosecond is as good as equal.
            let rounding = 0.0011
            for event in events.sorted(by: { ($0.start, -$0.duration) < ($1.start, -$1.duration) }) {
                while let last = open.last, last.end <= event.start + rounding { open.removeLast() }
                if let last = open.last { #expect(event.end <= last.end + rounding, "\(event.name) in \(last.name)") }
                open.append(event)
            }
        }

        @Test(arguments: [nil, 2]) func lanesAndRanksAreShown(ranks: Int?) throws {
            let (events, log) = try train("--epochs 1 --threads 2 --trace-steps 4", ranks: ranks)
            let processes = events.filter { $0.name == "process_name" }
            #expect(processes.map(\.rank) == Array(0..<(ranks ?? 1)))
            #expect(
                processes.allSatisfy {
                    ($0.arguments["name"] as? String)?.hasPrefix("rank \($0.rank) on ") == true
                })
            let complete = events.filter { $0.phase == "X" }
            for rank in 0..<(ranks ?? 1) {
                for lane in 0..<2 {
                    let own = complete.filter { $0.rank == rank && $0.lane == lane }
                    expectNesting(own)
                    // The first of the run's eleven steps warms up.
                    let steps = own.filter { $0.name == "step" }
                    #expect(steps.compactMap { $0.arguments["step"] as? Int } == [1, 2, 3, 4])
                    let inSteps = own.filter { $0.name != "step" }.reduce(0) { $0 + $1.duration }
                    #expect(inSteps <= steps.reduce(0) { $0 + $1.duration })
                    // 8 microbatches a step, dealt to all lanes of all ranks.
                    let passes = own.filter { $0.name == "conv2 forward" }
                    #expect(passes.count == 4 * 8 / (2 * (ranks ?? 1)))
                    #expect(passes.allSatisfy { $0.arguments["kind"] as? String == "Conv2D" })
                }
            }
            let names = Set(complete.map(\.name))
            for name in [
                "conv4 backward", "bn_2 forward", "loss", "load stamps", "update parameters", "prepare weights",
            ] {
                #expect(names.contains(name), "\(name)")
            }
            #expect(log.contains("trace.json: 4 steps, computing ") && log.contains("in messages "))
            guard ranks != nil else { return }
            let messages = complete.filter { $0.arguments["bytes"] != nil }
            #expect(messages.allSatisfy { ($0.arguments["bytes"] as? Int ?? 0) > 0 && $0.lane == 0 })
            #expect(Set(messages.map(\.rank)) == [0, 1])
            #expect(log.contains("communication hidden "))
        }

        /// Fewer steps than asked for, one epoch of them in each part.
        @Test func aShortRunIsShownWhole() throws {
            let events = try train("--epochs 2 --trace-steps 1000").events
            let steps = events.filter { $0.name == "step" && $0.lane == 0 }
            #expect(steps.compactMap { $0.arguments["step"] as? Int } == Array(1..<22))
        }

        @Test func tracingChangesNoBits() throws {
            _ = try train("--epochs 2 --threads 2")
            #expect(try bytes(workspace.path("run/model.safetensors")) == bytes("\(survey.run())/model.safetensors"))
        }

        @Test func aFileThatCannotBeWrittenIsRefusedBeforeTraining() throws {
            let line = "train --data \(survey.folder) --output \(workspace.path("run"))"
            let outcome = try trainer("\(line) --trace \(workspace.path("no/trace.json"))", ranks: 2)
            expectError(outcome, 74, saying: "no/trace.json")
            #expect(try names(in: workspace.path).isEmpty)
            expectError(try trainer("\(line) --trace-steps 0 --trace x"), 64, saying: "--trace-steps 0")
        }
    }
}
