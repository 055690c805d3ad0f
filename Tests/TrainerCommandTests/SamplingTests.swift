import Foundation
import TestSupport
import Testing

extension TrainerCommandTests {
    /// Groups, folds, shares of classes and weights, and what may be wrong with them.
    @Suite struct SamplingTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        @Test func noObjectIsTestedThatWasTrainedOn() throws {
            let run = workspace.path("run")
            try trained(
                "train --data \(survey.folder) \(Survey.plain) --epochs 1 --group-by \(survey.table):object --output \(run)"
            )
            let tested = try text("\(run)/test_predictions.csv").split(separator: "\n").dropFirst()
                .map { Int($0.split(separator: ",")[0])! }
            // A hundred objects of ten stamps each: whole ones are tested.
            let objects = Dictionary(grouping: tested) { $0 * 37 % 100 }
            #expect(objects.values.allSatisfy { $0.count == 10 } && objects.count == 20)
        }

        /// Each stamp is tested once, by the network of its own fold, which is that of `--fold` alone.
        @Test func allFoldsAreTrainedAndSummedUp() throws {
            let run = workspace.path("run")
            let options = "--data \(survey.folder) \(Survey.plain) --epochs 1 --batch-size 64 --folds 3"
            let outcome = try trained("train \(options) --output \(run)", ranks: 2)
            #expect(outcome.standardOutput.contains("over 3 folds:"))
            let tested = try text("\(run)/test_predictions.csv").split(separator: "\n").dropFirst()
            #expect(tested.map { Int($0.split(separator: ",")[0])! } == Array(0..<2 * Survey.count))
            #expect(try json(text("\(run)/metrics.json"))["samples"] as? Int == 2 * Survey.count)
            let folds = try json(text("\(run)/cross_validation.json"))
            let losses = try (1...3).map { try json(text("\(run)/fold-\($0)/metrics.json"))["loss"] as? Double }
            #expect((folds["loss"] as? [String: Any])?["values"] as? [Double] == losses.compactMap(\.self))
            try trained("train \(options) --fold 2 --output \(workspace.path("alone"))")
            #expect(try RunResult("\(run)/fold-2").differences(from: RunResult(workspace.path("alone"))) == [])
            let finished = try bytes("\(run)/fold-1/model.safetensors")
            try FileManager.default.removeItem(atPath: "\(run)/fold-3")
            try trained("train \(options) --resume --output \(run)")
            #expect(try bytes("\(run)/fold-1/model.safetensors") == finished && exists("\(run)/fold-3/metrics.json"))
            expectError(try trainer("train \(options) --output \(run)"), 64, saying: "already holds a run")
            expectError(
                try trainer("train \(options) --members 2 --output \(workspace.path("both"))"), 64,
                saying: "--members 2")
        }

        /// Weights of 1 and shares as they are change nothing but the order.
        @Test func weightsOfOneChangeNoBit() throws {
            let (run, table) = (workspace.path("run"), workspace.path("ones.csv"))
            try ("w\n" + String(repeating: "1\n", count: 2 * Survey.count))
                .write(toFile: table, atomically: true, encoding: .utf8)
            try trained(
                "train --data \(survey.folder) \(Survey.recipe) --epochs 2 --threads 1 --sample-weights \(table)"
                    + " --output \(run)")
            #expect(try RunResult(run).differences(from: RunResult(survey.run())) == [])
        }

        @Test func aRunGoesOnWithTheSameColumnsOnly() throws {
            let (run, table) = (workspace.path("run"), workspace.path("table.csv"))
            let rows = try text(survey.table)
            try rows.write(toFile: table, atomically: true, encoding: .utf8)
            let options =
                "--data \(survey.folder) \(Survey.recipe) --threads 1 --sampling balanced --loss focal"
                + " --group-by \(table):object --sample-weights \(table):weight"
            try trained("train \(options) --epochs 4 --output \(workspace.path("whole"))")
            try trained("train \(options) --epochs 2 --output \(run)")
            try trained("train \(options) --epochs 4 --resume --output \(run)", ranks: 3)
            #expect(try RunResult(run).differences(from: RunResult(workspace.path("whole"))) == [])
            try rows.replacing("\n1", with: "\n2").write(toFile: table, atomically: true, encoding: .utf8)
            expectError(
                try trainer("train \(options) --epochs 5 --resume --output \(run)"), 64, saying: "--group-by")
            try trained("train \(options) --epochs 1 --output \(workspace.path("other"))")
            expectError(
                try trainer(
                    "train \(options) --sampling uniform --epochs 2 --resume --output \(workspace.path("other"))"),
                64, saying: "--sampling")
        }

        /// One stamp of a class is drawn in all strata, augmented anew each time: the same bits for any ranks, with
        /// stamps read ahead, and after a resume.
        @Test func aClassOfOneStampIsDrawn() throws {
            let labels = workspace.path("labels.csv")
            let rows = (0..<2 * Survey.count).map { $0 == 3 ? "comet\n" : $0 < Survey.count ? "noise\n" : "source\n" }
            try ("kind\n" + rows.joined()).write(toFile: labels, atomically: true, encoding: .utf8)
            let options =
                "--stamps \(survey.noise) \(survey.sources) --labels \(labels):kind \(Survey.plain) --optimizer adam"
                + " --learning-rate 0.001 --normalize mean --batch-size 64 --microbatch 8 --threads 1"
                + " --sampling comet=0.2,noise=0.4,source=0.4 --augment noise,shifts --split 0.8,0.1,0.1 --quiet --no-report"
            let whole = workspace.path("whole")
            try trained("train \(options) --epochs 2 --output \(whole)")
            for (name, more, ranks) in [("ranks", "", 3), ("memory", " --memory 300K", 2)] {
                let run = workspace.path(name)
                try trained("train \(options)\(more) --epochs 2 --output \(run)", ranks: ranks)
                #expect(try RunResult(run).differences(from: RunResult(whole)) == [], "\(name)")
            }
            let run = workspace.path("resumed")
            try trained("train \(options) --epochs 1 --output \(run)", ranks: 2)
            try trained("train \(options) --epochs 2 --resume --output \(run)")
            #expect(try RunResult(run).differences(from: RunResult(whole)) == [])
            let fingerprints = try ["whole", "ranks", "memory"].map { name in
                let settings = try json(text("\(workspace.path(name))/config.json"))["settings"] as? [String: Any]
                return settings?["data_fingerprint"] as? String
            }
            #expect(Set(fingerprints).count == 1 && fingerprints[0] != nil)
            expectError(
                try trainer("train \(options) --split 0.001,0.5,0.499 --batch-size 1 --output \(workspace.path("x"))"),
                65, saying: "has no stamp in the training set to draw")
        }

        @Test(arguments: [
            ("--fold 1", 64, "--fold 1: stands without --folds"), ("--folds 1", 64, "--folds 1: must be from 2"),
            ("--folds 3 --fold 4", 64, "--fold 4: is none of 3 folds"),
            ("--sampling noise=0.5", 64, "--sampling noise=0.5: is neither"),
            ("--sampling noise=0.5,source=0.6", 64, "which add up to 1"),
            ("--sampling noise=0.5,star=0.5", 64, "the classes are noise, source"),
            ("--loss mse", 64, "--loss mse: is no loss"), ("--loss focal=0", 64, "must be above 0"),
            ("--loss focal=x", 64, "--loss focal=x: is no loss"),
            ("--group-by TABLE:objects", 65, "no column \"objects\""),
            ("--group-by none.csv:object", 66, "none.csv: there is no"),
            ("--sample-weights NOISE", 65, "instead of one value for each stamp"),
            ("--sample-weights SHORT:w", 65, "has 3 rows for 1000 stamps"),
            ("--sample-weights NEGATIVE:w", 65, "row 1 has the weight \"-1\""),
        ])
        func whatCannotBeIsOneLine(_ options: String, _ status: Int32, _ words: String) throws {
            let (short, negative) = (workspace.path("short.csv"), workspace.path("negative.csv"))
            try "w\n1\n1\n1\n".write(toFile: short, atomically: true, encoding: .utf8)
            try ("w\n1\n-1\n" + String(repeating: "1\n", count: 2 * Survey.count - 2))
                .write(toFile: negative, atomically: true, encoding: .utf8)
            let options = options.replacing("TABLE", with: survey.table).replacing("NOISE", with: survey.noise)
                .replacing("SHORT", with: short).replacing("NEGATIVE", with: negative)
            let output = workspace.path("run")
            expectError(
                try trainer("train --data \(survey.folder) \(Survey.plain) \(options) --output \(output)"), status,
                saying: words)
            #expect(!exists(output))
        }
    }
}
