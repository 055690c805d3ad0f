import Files
import Foundation
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    /// Thresholds, calibration, tables and ensembles, as the program makes them.
    @Suite struct DecisionTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        /// A training run on half of the stamps, with 30 % for the choice of a threshold.
        private func train(_ options: String, ranks: Int? = nil, name: String = "run") throws -> String {
            let run = workspace.path(name)
            try trained(
                "train --data \(survey.folder) \(Survey.recipe) --epochs 2 --threads 1 --split 0.5,0.3,0.2"
                    + " --output \(run) \(options)", ranks: ranks)
            return run
        }

        /// What the model remembers under a name.
        private func remembered(_ name: String, _ run: String) throws -> Float {
            let text = try #require(SafetensorsFile(contentsOf: "\(run)/model.safetensors").metadata[name])
            return try #require(Float(text))
        }

        private func setting(_ name: String, _ run: String) throws -> Int? {
            let settings = try #require(try json(text("\(run)/config.json"))["settings"] as? [String: Any])
            return settings[name] as? Int
        }

        /// Index, true class and probability.
        private func rows(_ path: String) throws -> [(index: Int, label: Int, probability: Float)] {
            try text(path).split(separator: "\n").dropFirst().map { line in
                let fields = line.split(separator: ",")
                return (try #require(Int(fields[0])), try #require(Int(fields[1])), try #require(Float(fields[2])))
            }
        }

        private func confusion(_ metrics: String) throws -> [[Int]] {
            try #require(try json(metrics)["confusion_matrix"] as? [[Int]])
        }

        @Test func theWantedCompletenessIsThatOfTheThreshold() throws {
            let run = try train("--target-completeness 0.8 --calibrate")
            let threshold = try remembered("threshold", run)
            let temperature = try remembered("temperature", run)
            #expect(threshold != 0.5 && temperature != 1)
            // The test set is counted with it, as the table of its predictions tells.
            let tested = try rows("\(run)/test_predictions.csv")
            var counts = [[0, 0], [0, 0]]
            for row in tested { counts[row.label][row.probability > threshold ? 1 : 0] += 1 }
            #expect(try confusion(text("\(run)/metrics.json")) == counts)

            let output = workspace.path("all.npy")
            try trained(
                "predict --model \(run) --input \(survey.noise) \(survey.sources) --output \(output)")
            let probabilities = try numbers(output).values
            let training =
                try #require(
                    try json(text("\(run)/config.json"))["settings"] as? [String: Any])["training_stamps"] as? Int
            #expect(training == 500)
            // Without a list of the validation stamps: over all sources the share is near the wanted one, because 150
            // of 500 decided, the binomial deviation of which is 0.033, and training stamps do better than others.
            let found = (Survey.count..<2 * Survey.count).count { probabilities[2 * $0 + 1] > threshold }
            #expect(Double(found) / Double(Survey.count) > 0.7)
            #expect(Double(found) / Double(Survey.count) < 0.95)
        }

        /// One source of 500: the validation set has none.
        @Test(arguments: ["--target-purity 0.9", "--target-completeness 0.9"])
        func withoutSourcesToChooseOnTheThresholdStays(_ target: String) throws {
            let (values, shape) = try numbers(survey.sources)
            let sources = workspace.path("one.npy")
            try NpyFile.write(
                floats: Array(values.prefix(values.count / shape[0])), shape: [1] + shape[1...], to: sources)
            let run = workspace.path("run")
            let outcome = try trained(
                "train --sources \(sources) --noise \(survey.noise) \(Survey.plain) --epochs 1 --output \(run) \(target)"
            )
            #expect(outcome.errorLines(saying: "has no source, so \(target) was ignored") == 1)
            #expect(try SafetensorsFile(contentsOf: "\(run)/model.safetensors").metadata["threshold"] == nil)
        }

        /// Temperature scaling keeps the order of stamps, and what the untouched network had within its own weights.
        @Test func calibrationKeepsTheOrder() throws {
            let plain = try rows("\(train("", name: "plain"))/test_predictions.csv")
            let run = try train("--calibrate", name: "calibrated")
            let temperature = Double(try remembered("temperature", run))
            let calibrated = try rows("\(run)/test_predictions.csv")
            func logit(_ p: Float) -> Double { log(Double(p) / (1 - Double(p))) }
            for (before, after) in zip(plain, calibrated) where (0.001...0.999).contains(before.probability) {
                // A probability p in single precision has a logit that is sure to 2⁻²⁴ / p(1 − p).
                #expect(abs(logit(before.probability) / temperature - logit(after.probability)) < 1e-3)
            }
            #expect(try remembered("threshold", run) == 0.5)
        }

        @Test func anyRanksChooseTheSame() throws {
            let options = "--target-purity 0.9 --calibrate"
            let alone = try RunResult(try train(options, name: "alone"))
            let three = try RunResult(try train(options, ranks: 3, name: "three"))
            #expect(three.differences(from: alone) == [])
        }

        @Test func theTableSaysWhatTheNumbersSay() throws {
            let model = "\(try survey.run())/model.safetensors"
            let (csv, npy) = (workspace.path("table.csv"), workspace.path("table.npy"))
            let damaged = workspace.path("with, comma.npy")
            try FileManager.default.copyItem(atPath: survey.damagedNoise, toPath: damaged)
            let words = [
                "predict", "--model", model, "--input", survey.sources, damaged, "--output", npy, "--csv", csv,
                "--threshold", "0.7",
            ]
            let outcome = try trainer(words)
            #expect(outcome.status == 0)
            #expect(outcome.errorLines(saying: "2 of 1000 stamps") == 1)
            let lines = try text(csv).split(separator: "\n")
            #expect(lines.count == 2 * Survey.count + 1 && lines[0] == "file,index,probability,class")
            let probabilities = try numbers(npy).values
            for stamp in 0..<2 * Survey.count {
                let isSource = stamp < Survey.count
                let line = String(lines[stamp + 1]), probability = probabilities[2 * stamp + 1]
                let place = isSource ? survey.sources : "\"\(damaged)\""
                let index = isSource ? stamp : stamp - Survey.count
                let isBad = !isSource && (index == 7 || index == 100)
                let said = isBad ? "nan," : "\(probability),\(probability > 0.7 ? 1 : 0)"
                #expect(line == "\(place),\(index),\(said)")
            }
        }

        @Test(arguments: [nil, 2]) func membersShareTheirTestAndAreAveraged(ranks: Int?) throws {
            let run = try train("--members 2 --target-completeness 0.9", ranks: ranks)
            let members = (1...2).map { "\(run)/member-\($0)" }
            #expect(try members.map { try setting("seed", $0) } == [0, 1])
            let each = try members.map { try rows("\($0)/test_predictions.csv") }
            let mean = try rows("\(run)/test_predictions.csv")
            #expect(each.allSatisfy { $0.map(\.index) == mean.map(\.index) })
            #expect(each[0].map(\.probability) != each[1].map(\.probability))
            for row in mean.indices {
                let average = (Double(each[0][row].probability) + Double(each[1][row].probability)) / 2
                #expect(mean[row].probability == Float(average))
            }
            // predict averages alike, by the folder or by its models.
            let output = workspace.path("mean.npy")
            for models in [run, members.map { "\($0)/model.safetensors" }.joined(separator: " ")] {
                try trained("predict --model \(models) --input \(survey.noise) --output \(output)")
                let predicted = try numbers(output).values
                for row in mean where row.index < Survey.count {
                    #expect(predicted[2 * row.index + 1] == row.probability)
                }
                try FileManager.default.removeItem(atPath: output)
            }
            expectError(
                try trainer("occlusion --model \(run) --input \(survey.noise) --index 0 --output \(output)"), 64,
                saying: "2 models", "member-1")
            // An ensemble that is whole goes on to nothing; another may not begin there.
            let before = try contents(run)
            let line =
                "train --data \(survey.folder) \(Survey.recipe) --epochs 2 --threads 1 --split 0.5,0.3,0.2"
                + " --members 2 --target-completeness 0.9 --output \(run)"
            try trained("\(line) --resume")
            #expect(try contents(run) == before)
            expectError(try trainer(line), 64, saying: run, "already holds a run", "--resume")
        }

        /// The first member is the run of that seed alone, on the same split.
        @Test func aMemberIsARunOfItsSeed() throws {
            let ensemble = try train("--members 2", name: "ensemble")
            let second = try RunResult(try train("--seed 1 --split-seed 0", name: "alone"))
            #expect(try RunResult("\(ensemble)/member-2").differences(from: second) == [])
        }

        @Test func anEvaluationTellsMoreThanTheMetrics() throws {
            let model = "\(try survey.run())/model.safetensors"
            let line = "evaluate --model \(model) --data \(survey.folder) --matched-filter --bootstrap 100"
            let found = try json(try trained("\(line) --json").standardOutput)
            let estimates = try #require(found["estimates"] as? [String: [String: Double]])
            #expect(
                Set(estimates.keys) == [
                    "completeness", "purity", "f1", "roc_auc", "expected_calibration_error", "matched_filter_roc_auc",
                    "matthews_correlation", "false_positive_rate_at_1_percent_missed",
                    "false_positive_rate_at_5_percent_missed", "false_positive_rate_at_10_percent_missed",
                    "missed_detection_rate_at_1_percent_false_positives",
                ])
            for (name, estimate) in estimates {
                let (value, lower, upper) = (estimate["value"]!, estimate["lower"]!, estimate["upper"]!)
                #expect(lower <= upper && value >= 0 && value <= 1, "\(name)")
                if name.hasSuffix("roc_auc") { #expect(lower < value && value < upper) }
            }
            let bins = try #require(found["by_signal_to_noise"] as? [[String: Any]])
            #expect(bins.reduce(0) { $0 + ($1["sources"] as! Int) } == Survey.count)
            #expect(found["bootstrap_replicates"] as? Int == 100)
            let table = try trained(line).standardOutput
            for name in [
                "completeness", "purity", "F1", "matched filter ROC AUC", "S/N", "Matthews correlation",
                "false positives at 1 % missed", "missed at 1 % false positives",
            ] {
                #expect(table.split(separator: "\n").contains { $0.hasPrefix(name) }, "\(name)")
            }
            // Another threshold moves the matrix, not the area.
            let strict = try json(try trained("\(line) --json --threshold 0.99").standardOutput)
            #expect(strict["roc_auc"] as? Double == found["roc_auc"] as? Double)
            let lost = try #require(strict["confusion_matrix"] as? [[Int]])[1][0]
            let before = try #require(found["confusion_matrix"] as? [[Int]])[1][0]
            #expect(lost > before)
        }

        @Test(arguments: [nil, 2]) func completenessIsListedByAnyColumn(ranks: Int?) throws {
            let table = workspace.path("sources.csv")
            let magnitudes = (0..<Survey.count).map { 20 + Double($0 % 250) / 50 }
            let rows = magnitudes.enumerated().map { "\"source, \($0)\",\($1)" }
            try write(Array((["name,mag"] + rows).joined(separator: "\r\n").utf8), to: table)
            let ratios = "\(survey.folder)/snr_sources.npy"
            let line =
                "evaluate --model \(try survey.run())/model.safetensors --data \(survey.folder) --bootstrap 20"
                + " --by \(table):mag --by \(ratios)"
            let found = try json(try trained("\(line) --json", ranks: ranks).standardOutput)
            let columns = try #require(found["by_column"] as? [[String: Any]])
            #expect(columns.map { $0["column"] as? String } == ["mag", "snr_sources.npy"])
            let completeness = try #require(
                (found["estimates"] as? [String: [String: Double]])?["completeness"]?["value"])
            for column in columns {
                let bins = try #require(column["bins"] as? [[String: Any]])
                #expect(bins.map { $0["sources"] as? Int } == Array(repeating: Survey.count / 10, count: 10))
                // Bins of one size: the mean of their shares is the share of all.
                let shares = bins.map { ($0["completeness"] as? [String: Double])?["value"] ?? .nan }
                #expect(abs(shares.reduce(0, +) / 10 - completeness) < 1e-12)
                let (lower, upper) = (bins.map { $0["lower"] as! Double }, bins.map { $0["upper"] as! Double })
                #expect(zip(upper, lower.dropFirst()).allSatisfy(<) && zip(lower, upper).allSatisfy(<=))
            }
            let printed = try trained(line, ranks: ranks).standardOutput.split(separator: "\n")
            #expect(printed.contains { $0.hasPrefix("mag ") && $0.contains("completeness") })
            #expect(printed.contains { $0.hasPrefix("20–20.48 ") })
        }

        @Test(arguments: [
            ("t.csv:size", 65, "no column \"size\""), ("t.csv:mag", 65, "has 3 rows for 500 source stamps"),
            ("t.csv:name", 65, "line 2 has \"a\" as name"), ("t.csv", 64, "names neither"),
            ("t.csv:", 64, "names neither"),
            ("t.txt:mag", 64, "names neither"), ("none.csv:mag", 66, "no such file"), ("none.npy", 66, "no such file"),
            ("short.npy", 65, "has 3 rows for 500 source stamps"), ("nan.npy", 65, "nan for source 1"),
            ("stamps.npy", 65, "instead of one number for each source"), ("short.npy:mag", 64, "names neither"),
        ])
        func aColumnThatDoesNotFitIsRefused(_ name: String, _ status: Int32, _ words: String) throws {
            try write(Array("name,mag\na,1\nb,2\nc,3\n".utf8), to: workspace.path("t.csv"))
            try NpyFile.write(floats: [1, 2, 3], shape: [3], to: workspace.path("short.npy"))
            try NpyFile.write(
                floats: (0..<Survey.count).map { $0 == 1 ? .nan : 0 }, shape: [Survey.count],
                to: workspace.path("nan.npy"))
            try FileManager.default.copyItem(atPath: survey.sources, toPath: workspace.path("stamps.npy"))
            let outcome = try trainer(
                "evaluate --model \(try survey.run())/model.safetensors --data \(survey.folder)"
                    + " --by \(workspace.path(name))")
            expectError(outcome, status, saying: words)
            #expect(outcome.standardOutput.isEmpty)
        }

        @Test(arguments: [
            ("train --target-completeness 0", "--target-completeness"),
            ("train --target-purity 1.5", "--target-purity"),
            ("train --target-purity 0.9 --target-completeness 0.9", "one target"),
            ("train --target-purity 0.9 --split 0.8,0,0.2", "validation"),
            ("train --members 0", "--members"),
            ("predict --model MODEL --input NOISE", "--csv"),
            ("predict --model MODEL --input NOISE --csv OUT --threshold 2", "--threshold"),
            ("evaluate --model MODEL --data DATA --bootstrap -1", "--bootstrap"),
        ])
        func wrongOptionsAreRefused(line: String, word: String) throws {
            let model = "\(try survey.run())/model.safetensors"
            var line = line.replacing("MODEL", with: model).replacing("NOISE", with: survey.noise)
                .replacing("DATA", with: survey.folder).replacing("OUT", with: workspace.path("out.csv"))
            if line.hasPrefix("train") { line += " --data \(survey.folder) --output \(workspace.path("run"))" }
            expectError(try trainer(line), 64, saying: word)
            #expect(try names(in: workspace.path).isEmpty)
        }

        @Test func aFolderWithoutAModelIsRefused() throws {
            let output = workspace.path("out.npy")
            expectError(
                try trainer("predict --model \(workspace.path) --input \(survey.noise) --output \(output)"), 66,
                saying: workspace.path, "member-1")
        }

        @Test func networksOfOtherOutputsAreNotAveraged() throws {
            let one = workspace.path("one")
            try trained("train --data \(survey.folder) --model simple --classes 1 --epochs 1 --output \(one)")
            let output = workspace.path("out.npy")
            expectError(
                try trainer(
                    "predict --model \(try survey.run()) \(one) --input \(survey.noise) --output \(output)"), 65,
                saying: "another number of outputs")
        }
    }
}
