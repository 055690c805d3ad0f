import Foundation
import TestSupport
import Testing

/// The lines of a run's `metrics.jsonl` of one kind.
private func lines(_ run: String, _ kind: String) throws -> [[String: Any]] {
    try text("\(run)/metrics.jsonl").split(separator: "\n").map { try json(String($0)) }
        .filter { $0["kind"] as? String == kind }
}

private func numbers(_ rows: [[String: Any]], _ key: String) -> [Double] { rows.map { $0[key] as? Double ?? .nan } }

/// As event files keep them; JSONSerialization reads the last digits of a double now and then wrongly.
private func single(_ values: [Double]) -> [Float] { values.map { Float($0) } }

/// Makes it seem that the run was interrupted after a step.
private func keepOnly(checkpoint step: Int, of run: String) throws {
    for name in try names(in: "\(run)/checkpoints") where !["step-\(step)", "best.json"].contains(name) {
        try FileManager.default.removeItem(atPath: "\(run)/checkpoints/\(name)")
    }
}

extension TrainerCommandTests {
    @Suite struct MetricsLogTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        @Test func everyStepAndEveryEpochHasALine() throws {
            let run = try survey.run()
            let (steps, epochs) = (try lines(run, "step"), try lines(run, "epoch"))
            #expect(numbers(steps, "step") == (1...22).map(Double.init))
            #expect(numbers(steps, "epoch") == (1...22).map { $0 <= 11 ? 1 : 2 })
            let history = try text("\(run)/history.csv").split(separator: "\n").map {
                $0.split(separator: ",").map(String.init)
            }
            for (column, key) in history[0].enumerated() {
                let expected = history.dropFirst().map { Double($0[column]) ?? .nan }
                #expect(single(numbers(epochs, key)) == single(expected), "\(key)")
            }
            #expect(numbers(epochs, "step") == [11, 22])
        }

        /// Ten batches of 64 and one of 60. Differences of running sums leave rounding errors near 10⁻¹⁴.
        @Test func theStepsOfAnEpochHaveTheEpochsMean() throws {
            let run = try survey.run()
            let (steps, epochs) = (try lines(run, "step"), try lines(run, "epoch"))
            for (epoch, row) in epochs.enumerated() {
                let own = Array(steps[(11 * epoch)..<(11 * epoch + 11)])
                for key in ["loss", "accuracy"] {
                    let values = numbers(own, key)
                    let mean = (values.dropLast().reduce(0, +) * 64 + values[10] * 60) / 700
                    #expect(abs(mean - (row[key] as? Double ?? .nan)) < 1e-12, "\(key)")
                    #expect(Set(values).count > 5, "\(key)")
                }
            }
        }

        /// 1400 steps an epoch make 700 rows of two steps each; the checkpoint lies within one.
        @Test func rowsOfSeveralStepsGoOnWhereTheRunWasInterrupted() throws {
            let data = workspace.path("data")
            try trained("simulate --output \(data) --sources 1000 --noise 1000 --seed 2")
            let options = "train --data \(data) \(Survey.plain) --batch-size 1 --epochs 1 --checkpoint-every 601steps"
            let whole = workspace.path("whole")
            try trained("\(options) --output \(whole) --threads 1")
            #expect(numbers(try lines(whole, "step"), "step") == stride(from: 2, through: 1400, by: 2).map(Double.init))
            let run = try workspace.copy(whole, to: "run")
            try keepOnly(checkpoint: 601, of: run)
            try trained("\(options) --output \(run) --resume", ranks: 2)
            #expect(try RunResult(run).differences(from: RunResult(whole)) == [])
        }

        @Test func withoutEventsTheRunHasTheSameBits() throws {
            let run = workspace.path("run")
            try trained(
                "train --data \(survey.folder) \(Survey.recipe) --epochs 2 --threads 2 --no-tensorboard --output \(run)"
            )
            #expect(try names(in: run).allSatisfy { !$0.hasPrefix("events") && !["train", "validation"].contains($0) })
            #expect(try RunResult(run).differences(from: RunResult(survey.run())) == [])
        }
    }

    /// What TensorBoard itself reads in a run folder, where it is installed.
    @Suite(.enabled(if: TensorBoardEvents.python != nil, "no Python has tensorboard and Pillow"))
    struct EventTests {
        private let survey: Survey

        init() throws { survey = try Survey.shared() }

        @Test func scalarsAreThoseOfTheOtherRecords() throws {
            let run = try survey.run()
            for (kind, folder, tag, keys) in [
                ("step", "train", "batch_", ["loss", "accuracy", "learning_rate", "samples_per_second"]),
                ("epoch", "train", "epoch_", ["loss", "accuracy", "learning_rate", "samples_per_second"]),
                ("epoch", "validation", "epoch_", ["loss", "accuracy"]),
            ] {
                let rows = try lines(run, kind)
                let scalars = try TensorBoardEvents(in: "\(run)/\(folder)").scalars
                for key in keys {
                    let shown = try #require(scalars["\(tag)\(key)"], "\(folder) \(key)")
                    #expect(shown.map { $0[0] } == numbers(rows, "step"))
                    let column = folder == "validation" ? "val_\(key)" : key
                    #expect(single(shown.map { $0[1] }) == single(numbers(rows, column)), "\(folder) \(key)")
                }
            }
            let metrics = try json(text("\(run)/metrics.json"))
            #expect(
                try TensorBoardEvents(in: run).scalars["test/accuracy"]?.map { Float($0[1]) }
                    == single([metrics["accuracy"] as? Double ?? .nan]))
        }

        @Test func theRunSaysHowItWasMade() throws {
            let run = try survey.run()
            let events = try TensorBoardEvents(in: run)
            let settings = try #require(try json(text("\(run)/config.json"))["settings"] as? [String: Any])
            #expect(events.settings["model"] == settings["model"] as? String)
            #expect(events.settings["epochs"] == "2.0" && events.settings["batch-size"] == "64.0")
            let command = try #require(events.texts["command"])
            #expect(command.hasPrefix("    ") && command.contains(" train --data \(survey.folder) "))
            #expect(events.isFinished)
        }

        @Test func histogramsCountEveryWeight() throws {
            let histograms = try TensorBoardEvents(in: "\(survey.run())/train").histograms
            #expect(histograms.count == 16)
            for (tag, count) in [("weights/conv3/kernel", 3 * 3 * 16 * 32), ("weights/fc_out/bias", 2)] {
                let rows = try #require(histograms[tag])
                #expect(rows.map(\.step) == [11, 22])
                for row in rows { #expect(row.buckets.reduce(0) { $0 + $1[2] } == Double(count), "\(tag)") }
            }
        }

        @Test func testPicturesAreThere() throws {
            let images = try TensorBoardEvents(in: survey.run()).images
            #expect(images.keys.sorted() == ["test/confusion_matrix", "test/noise", "test/sources"])
            for image in images.values {
                #expect(image.count == 1 && image[0].step == 22 && image[0].mode == "L")
                #expect(Set(image[0].pixels).count > 2)
            }
        }

        @Test func aRunThatGoesOnWithinAnEpochShowsWhatAnUndisturbedOneDoes() throws {
            let workspace = try TemporaryFolder()
            let whole = workspace.path("whole")
            let options = "train --data \(survey.folder) \(Survey.recipe) --epochs 2 --keep-checkpoints 9"
            try trained("\(options) --checkpoint-every 4steps --output \(whole)")
            let run = try workspace.copy(whole, to: "run")
            try keepOnly(checkpoint: 4, of: run)
            try trained("\(options) --resume --output \(run)", ranks: 2)
            for folder in ["", "train", "validation"] {
                #expect(try names(in: "\(run)/\(folder)").count { $0.hasPrefix("events.out.") } == 2)
                let resumed = try TensorBoardEvents(in: "\(run)/\(folder)")
                let undisturbed = try TensorBoardEvents(in: "\(whole)/\(folder)")
                for (tag, values) in undisturbed.scalars
                where !tag.hasSuffix("samples_per_second") && !tag.hasPrefix("test/") {
                    #expect(resumed.scalars[tag] == values, "\(folder) \(tag)")
                }
                #expect(folder != "train" || resumed.scalars["batch_loss"]?.count == 22)
                #expect(!folder.isEmpty || resumed.texts["command"]?.contains("--resume") == true)
            }
        }
    }
}
