import Files
import Foundation
import StampData
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    /// Runs that end early, whose learning rate falls, or whose weights are averaged.
    @Suite struct StoppingTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        private func train(_ options: String, name: String) throws -> String {
            let run = workspace.path(name)
            try trained("train --data \(survey.folder) \(Survey.recipe) --threads 2 --output \(run) \(options)")
            return run
        }

        private func history(_ run: String) throws -> [[Substring]] {
            try text("\(run)/history.csv").split(separator: "\n").dropFirst().map {
                $0.split(separator: ",", omittingEmptySubsequences: false)
            }
        }

        /// No improvement is as large as 10, but the first from nothing: the best epoch is the first.
        private static let stopping = "--early-stopping val_loss --patience 2 --min-delta 10"

        @Test func aRunThatGetsNoBetterEndsWithItsBestWeights() throws {
            let run = try train("--epochs 9 \(Self.stopping)", name: "stopped")
            #expect(try history(run).count == 3)
            let best = try train("--epochs 1", name: "best")
            for file in ["model.safetensors", "test_predictions.csv", "metrics.json"] {
                #expect(try bytes("\(run)/\(file)") == bytes("\(best)/\(file)"), "\(file)")
            }
            // It has ended: to go on gives the same again, and says so.
            let again = try trained(
                "train --data \(survey.folder) \(Survey.recipe) --epochs 9 \(Self.stopping) --output \(run) --resume")
            #expect(again.standardOutput.contains("finished after epoch 3 of 9: val_loss got no better for 2 epochs"))
            #expect(try history(run).count == 3)
            #expect(try bytes("\(run)/model.safetensors") == bytes("\(best)/model.safetensors"))
        }

        /// A best checkpoint that is gone, or of which one bit is another: with whole checkpoints before it or without,
        /// the same steps give the same bits.
        @Test(arguments: [true, false], ["", "--checkpoint-every 4steps --keep-checkpoints 30 --ema 0.9"])
        func aLostBestCheckpointIsMadeAgain(isGone: Bool, options: String) throws {
            let line = "--epochs 9 \(Self.stopping) \(options)"
            let whole = try RunResult(train(line, name: "whole"))
            let run = try workspace.copy(workspace.path("whole"), to: "run")
            let best = "\(run)/checkpoints/step-11"
            if isGone {
                try FileManager.default.removeItem(atPath: best)
            } else {
                var model = try bytes("\(best)/model.safetensors")
                model[model.count - 9] ^= 1
                try write(model, to: "\(best)/model.safetensors")
            }
            for file in ["model.safetensors", "metrics.json", "test_predictions.csv"] {
                try FileManager.default.removeItem(atPath: "\(run)/\(file)")
            }
            let resume = "train --data \(survey.folder) \(Survey.recipe) --output \(run) --resume \(line)"
            let outcome = try trained(resume, ranks: 2)
            let start = options.isEmpty ? "from the beginning" : "from \(run)/checkpoints/step-"
            #expect(outcome.errorLines(saying: "step 11, cannot be read; the same steps are done again \(start)") == 1)
            #expect(try RunResult(run).differences(from: whole) == [])
            #expect(try exists("\(best)/model.safetensors") && trained(resume).errorLines.isEmpty)
        }

        /// Where the first weights came from a file, it may have changed: the run is not begun again.
        @Test func theNextBestTakesThePlaceOfOneThatCannotBeMadeAgain() throws {
            let weights = "--initial-weights \(try survey.run())/model.safetensors"
            let line = "--epochs 3 --early-stopping val_loss --patience 9 --min-delta 10 --no-dropout \(weights)"
            let run = try train(line, name: "run")
            let rows = try history(run).map { try #require(Double($0[3])) }
            try FileManager.default.removeItem(atPath: "\(run)/checkpoints/step-11")
            let outcome = try trained(
                "train --data \(survey.folder) \(Survey.recipe) --output \(run) --resume \(line)")
            let next = rows[1] <= rows[2] ? 2 : 3
            #expect(outcome.errorLines(saying: "the model gets the weights of epoch \(next) instead") == 1)
            #expect(
                try bytes("\(run)/model.safetensors")
                    == bytes("\(run)/checkpoints/step-\(11 * next)/model.safetensors"))
        }

        @Test func theLearningRateFallsOnAPlateau() throws {
            // Too slow to improve by 10⁻⁴ in an epoch.
            let run = try train(
                "--optimizer sgd --learning-rate 1e-9 --epochs 5 --reduce-on-plateau 0.5,1 --no-dropout", name: "flat")
            let rates = try history(run).map { try #require(Float($0[5])) }
            // The validation loss of the first epochs moves with batch normalisation's statistics: it may still
            // improve.
            #expect(rates[0] == 1e-9)
            for (rate, next) in zip(rates, rates.dropFirst()) { #expect(next == rate || next == rate / 2) }
        }

        @Test func aPlateauIsOneOfTheValidationLossWhateverEndsTheRun() throws {
            let options = "--epochs 1 --early-stopping accuracy --reduce-on-plateau 0.5,1"
            let record = try json(text("\(try train(options, name: "run"))/config.json"))
            let stopping = (record["settings"] as? [String: Any])?["stopping"] as? [String: [String: Any]]
            #expect(stopping?["plateau"]?["metric"] as? String == "val_loss")
            #expect(stopping?["early"]?["metric"] as? String == "accuracy")
            let outcome = try trainer(
                "train --data \(survey.folder) \(Survey.plain) --split 0.8,0,0.2 --reduce-on-plateau 0.5,1"
                    + " --early-stopping loss --output \(workspace.path("none"))")
            expectError(outcome, 64, saying: "--reduce-on-plateau", "val_loss")
        }

        /// The areas are counted over the validation set, by hand, from what `predict` says with the best weights: the
        /// share of pairs in their order, ties a half; and the mean purity from each source on.
        @Test(arguments: ["val_roc_auc", "val_average_precision"], ["", "--classes 1 --ema 0.5"])
        func theBestEpochIsThatOfTheLargestArea(metric: String, options: String) throws {
            let run = try train("--epochs 3 --early-stopping \(metric) --patience 9 \(options)", name: "run")
            #expect(
                try text("\(run)/history.csv").hasPrefix(
                    "epoch,loss,accuracy,val_loss,val_accuracy,\(metric),learning_rate,seconds,samples_per_second\n"))
            let areas = try history(run).map { try #require(Double($0[5])) }
            let largest = try #require(areas.max()), best = try #require(areas.firstIndex(of: largest))
            #expect(try json(text("\(run)/checkpoints/best.json"))["step"] as? Int == 11 * (best + 1))

            let output = workspace.path("all.npy")
            try trained("predict --model \(run) --input \(survey.noise) \(survey.sources) --output \(output)")
            let (values, shape) = try numbers(output)
            let split = DataSplit(Array(0..<2 * Survey.count), fractions: .standard, seed: 0)
            let stamps = split.validation.map {
                (isSource: $0 >= Survey.count, score: values[($0 + 1) * shape[1] - 1])
            }
            let sources = stamps.filter(\.isSource).map(\.score), noise = stamps.filter { !$0.isSource }.map(\.score)
            #expect(sources.count + noise.count == 100)
            if metric == "val_roc_auc" {
                let won = sources.reduce(0) { sum, source in
                    sum + noise.reduce(0) { $0 + (source > $1 ? 1 : source == $1 ? 0.5 : 0) }
                }
                #expect(largest == won / Double(sources.count * noise.count))
            } else {
                let purities = sources.map { source in
                    let above = (sources.count { $0 >= source }, noise.count { $0 >= source })
                    return Double(above.0) / Double(above.0 + above.1)
                }
                // As many sums as sources in another order.
                #expect(abs(largest - purities.reduce(0, +) / Double(sources.count)) < 1e-12)
            }
            // Every place that shows epochs shows it.
            try trained("report --run \(run)")
            #expect(try text("\(run)/report.html").contains(">\(metric)</th>"))
            let lines = try text("\(run)/metrics.jsonl").split(separator: "\n").map { try json(String($0)) }
            let told = lines.filter { $0["kind"] as? String == "epoch" }.compactMap { $0[metric] as? Double }
            #expect(told.count == areas.count)
            // Foundation's reader of JSON may be wrong in the last digit.
            for (told, area) in zip(told, areas) { #expect(abs(told - area) < 1e-15) }
        }

        /// One of 502 stamps validates, and only two are of one class: it is of the other.
        @Test(arguments: [("val_roc_auc", false), ("val_average_precision", true)])
        func anAreaOfOneClassIsRefused(metric: String, isSource: Bool) throws {
            let (values, shape) = try numbers(survey.sources)
            let few = workspace.path("few.npy")
            try NpyFile.write(
                floats: Array(values.prefix(2 * values.count / shape[0])), shape: [2] + shape[1...], to: few)
            let files =
                isSource ? "--sources \(few) --noise \(survey.noise)" : "--sources \(survey.sources) --noise \(few)"
            let line =
                "train \(files) \(Survey.plain) --epochs 1 --split 0.8,0.002,0.198 --output \(workspace.path("run"))"
            for ranks in [nil, 2] {
                expectError(
                    try trainer("\(line) --early-stopping \(metric)", ranks: ranks), 64, saying: "--early-stopping",
                    metric, "leaves no \(isSource ? "source" : "noise") for validation")
            }
            try trained("\(line) --early-stopping val_loss")
            expectError(
                try trainer(
                    "train --data \(survey.folder) \(Survey.plain) --split 0.8,0,0.2 --early-stopping \(metric)"
                        + " --output \(workspace.path("none"))"), 64, saying: "--early-stopping", metric, "no stamp")
        }

        /// Each checkpoint holds the average of the weights of all steps so far.
        @Test func checkpointsHoldTheAverage() throws {
            // One step an epoch, as each epoch's end has a checkpoint.
            let run = try train("--epochs 6 --batch-size full --ema 0.8 --keep-checkpoints 100", name: "averaged")
            let steps = try names(in: "\(run)/checkpoints").compactMap { Int($0.dropFirst("step-".count)) }.sorted()
            #expect(steps == Array(1...6))
            var average: [Float] = []
            var written: [Float] = []
            for step in steps {
                let folder = "\(run)/checkpoints/step-\(step)"
                // The first parameters of all: conv1's kernel.
                let weights = try SafetensorsFile(contentsOf: "\(folder)/model.safetensors").floats("conv1/kernel")
                average = average.isEmpty ? weights : zip(average, weights).map { 0.8 * $0 + (1 - 0.8) * $1 }
                written = Array(
                    try SafetensorsFile(contentsOf: "\(folder)/optimizer.safetensors").floats("average")
                        .prefix(weights.count))
                // Roundings of each step, some of them fused.
                for (a, b) in zip(average, written) { #expect(abs(a - b) <= 1e-6) }
            }
            // The model is the last average, with the moving statistics of the last step.
            let last = "\(run)/checkpoints/step-6/model.safetensors"
            let model = try SafetensorsFile(contentsOf: "\(run)/model.safetensors")
            #expect(try model.floats("conv1/kernel") == written)
            let statistics = try #require(model.tensors.map(\.name).first { $0.hasSuffix("moving_variance") })
            #expect(try model.floats(statistics) == SafetensorsFile(contentsOf: last).floats(statistics))
        }
    }
}
