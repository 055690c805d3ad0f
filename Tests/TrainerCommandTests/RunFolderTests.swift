import Files
import Foundation
import TestSupport
import Testing

extension TrainerCommandTests {
    /// The run folder, file by file.
    @Suite struct RunFolderTests {
        private let run: String
        private let survey: Survey

        init() throws {
            survey = try Survey.shared()
            run = try survey.run()
        }

        @Test func itHoldsWhatTheContractNamesAndNothingElse() throws {
            #expect(
                try names(in: run).map { $0.hasPrefix("events.out.tfevents.") ? "events" : $0 } == [
                    "checkpoints", "config.json", "events", "figures", "hashes.csv", "history.csv", "metrics.json",
                    "metrics.jsonl", "model.keras", "model.safetensors", "report.html", "test_predictions.csv", "train",
                    "training_stamps.bin",
                    "validation",
                ])
            // 700 training stamps in batches of 64 are 11 steps.
            #expect(try names(in: "\(run)/checkpoints") == ["best.json", "step-11", "step-22"])
            for step in ["step-11", "step-22"] {
                #expect(
                    try names(in: "\(run)/checkpoints/\(step)") == [
                        "hashes.csv", "history.csv", "manifest.json", "model.safetensors", "optimizer.safetensors",
                        "state.json",
                    ])
            }
        }

        @Test func theConfigurationHasEverySettingAsResolved() throws {
            let record = try json(text("\(run)/config.json"))
            #expect(record["ranks"] as? Int == 1 && record["threads"] as? Int == 1)
            #expect((record["cpu_kernel_type"] as? String)?.contains("/") == true)
            #expect(record["bits_depend_on"] as? [String] == ["fused multiply-add"])
            let host = try shell(script: "uname -n").standardOutput.split(separator: "\n")
            #expect(record["hosts"] as? [String] == host.map(String.init))
            let format = ISO8601DateFormatter()
            let times = try ["began", "ended"].map { try #require(format.date(from: record[$0] as? String ?? "")) }
            #expect(times[0] <= times[1])
            #expect(record["bad_stamps"] as? [String: Int] == ["noise": 0, "sources": 0])
            let versions = try #require(record["versions"] as? [String: String])
            let version = try trained("--version").standardOutput.split(separator: "\n")
            #expect("swift-run-trainer \(versions["program"] ?? "")" == version.first ?? "")
            #expect(versions["swift"]?.isEmpty == false && versions["openblas"]?.hasPrefix("OpenBLAS") == true)

            let settings = try #require(record["settings"] as? [String: Any])
            #expect(
                settings.keys.sorted() == [
                    "augmentation", "batch_size", "bits", "checkpoint_every", "classes", "data_fingerprint", "decision",
                    "dropout", "epochs", "gradients", "keep_checkpoints", "learning_rate", "microbatch", "microbatches",
                    "model",
                    "network", "noise",
                    "noise_stamps", "normalize", "objective", "optimizer", "output", "regularization", "schedule",
                    "seed", "skip_bad", "source_stamps", "sources", "split", "stamp_height", "stamp_width", "stopping",
                    "test_stamps", "training_stamps", "validation_stamps",
                ])
            let numbers = [
                "batch_size": 64, "classes": 2, "epochs": 2, "microbatch": 8, "microbatches": 8, "noise_stamps": 500,
                "source_stamps": 500, "seed": 0, "stamp_height": 21, "stamp_width": 21, "training_stamps": 700,
                "validation_stamps": 100, "test_stamps": 200,
            ]
            for (name, value) in numbers { #expect(settings[name] as? Int == value, "\(name)") }
            #expect(settings["learning_rate"] as? Double == 0.001)
            #expect(settings["bits"] as? String == "portable")
            #expect(settings["dropout"] as? Bool == true && settings["skip_bad"] as? Bool == false)
            #expect(settings["model"] as? String == "vgg6" && settings["normalize"] as? String == "mean")
            #expect(settings["noise"] as? [String] == [survey.noise] && settings["output"] as? String == run)
            #expect(settings["split"] as? [String: Double] == ["training": 0.7, "validation": 0.1, "test": 0.2])
            #expect((settings["optimizer"] as? [String: Any])?.keys.first == "adam")
        }

        @Test func theConfigurationTellsRanksAndThreads() throws {
            let workspace = try TemporaryFolder()
            let run = workspace.path("run")
            try trained(
                "train --data \(survey.folder) \(Survey.plain) --epochs 1 --threads 2"
                    + " --initial-weights \(weights(workspace)) --output \(run)",
                ranks: 3)
            let record = try json(text("\(run)/config.json"))
            #expect(record["ranks"] as? Int == 3 && record["threads"] as? Int == 2)
            let settings = record["settings"] as? [String: Any]
            #expect(settings?["initial_weights"] as? String == workspace.path("first/model.safetensors"))
        }

        private func weights(_ workspace: TemporaryFolder) throws -> String {
            try trained("train --data \(survey.folder) \(Survey.plain) --epochs 1 --output \(workspace.path("first"))")
            return workspace.path("first/model.safetensors")
        }

        @Test func theHistoryHasARowAnEpoch() throws {
            let rows = try text("\(run)/history.csv").split(separator: "\n")
            #expect(rows[0] == "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,samples_per_second")
            let numbers = rows.dropFirst().map { $0.split(separator: ",").map { Double($0) ?? .nan } }
            #expect(numbers.map(\.first) == [1, 2])
            for row in numbers {
                #expect(row.count == 8 && row.allSatisfy { $0.isFinite && $0 >= 0 })
                #expect(row[2] <= 1 && row[4] <= 1 && row[5] == 0.001)
            }
        }

        @Test func theMetricsAgreeWithThePredictions() throws {
            let rows = try text("\(run)/test_predictions.csv").split(separator: "\n")
            #expect(rows[0] == "index,true_class,probability")
            let predictions = rows.dropFirst().map { $0.split(separator: ",").map { Double($0) ?? .nan } }
            let indices = predictions.map { $0[0] }
            #expect(indices == Set(indices).sorted())
            var matrix = [[0, 0], [0, 0]]
            for row in predictions { matrix[Int(row[1])][row[2] > 0.5 ? 1 : 0] += 1 }

            let metrics = try json(text("\(run)/metrics.json"))
            #expect(metrics.keys.sorted() == ["accuracy", "confusion_matrix", "loss", "roc_auc", "samples"])
            #expect(metrics["samples"] as? Int == predictions.count)
            #expect(metrics["confusion_matrix"] as? [[Int]] == matrix)
            #expect(metrics["accuracy"] as? Double == Double(matrix[0][0] + matrix[1][1]) / Double(predictions.count))
            let area = try #require(metrics["roc_auc"] as? Double)
            #expect(area >= 0 && area <= 1)
        }

        @Test func theModelHasKerasNamesAndShapes() throws {
            let model = try SafetensorsFile(contentsOf: "\(run)/model.safetensors")
            let shapes = Dictionary(uniqueKeysWithValues: model.tensors.map { ($0.name, $0.shape) })
            #expect(
                shapes == [
                    "conv1/kernel": [3, 3, 1, 16], "conv1/bias": [16], "conv2/kernel": [3, 3, 16, 16],
                    "conv2/bias": [16],
                    "conv3/kernel": [3, 3, 16, 32], "conv3/bias": [32], "conv4/kernel": [3, 3, 32, 32],
                    "conv4/bias": [32],
                    "bn_2/gamma": [32], "bn_2/beta": [32], "bn_2/moving_mean": [32], "bn_2/moving_variance": [32],
                    "fc_1/kernel": [32, 256], "fc_1/bias": [256], "fc_out/kernel": [256, 2], "fc_out/bias": [2],
                ])
            #expect(model.metadata["normalize"] == "mean")
        }

        @Test func theLastCheckpointHoldsTheFinalModel() throws {
            let last = "\(run)/checkpoints/step-22/model.safetensors"
            #expect(try bytes(last) == bytes("\(run)/model.safetensors"))
        }
    }
}
