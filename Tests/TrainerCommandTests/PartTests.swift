import Foundation
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    /// Stamps for training, validation and the test that the user has divided, and the test part of a run.
    @Suite struct PartTests {
        private let workspace: TemporaryFolder
        private let survey: Survey
        private static let settings = "\(Survey.plain) --epochs 2 --batch-size 64 --normalize mean --seed 3"

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        /// Writes 40 stamps of either class from number `first` on, as noise and sources in a folder, and in one file with
        /// labels: noise first.
        private func write(_ name: String, from first: Int, count: Int = 40) throws -> String {
            let folder = workspace.path(name)
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let parts = try [survey.noise, survey.sources].map { file in
                Array(try numbers(file).values[first * Survey.pixels..<(first + count) * Survey.pixels])
            }
            for (values, file) in zip(parts, ["stamps_noise", "stamps_sources"]) {
                try NpyFile.write(floats: values, shape: [count, 21, 21], to: "\(folder)/\(file).npy")
            }
            try NpyFile.write(floats: parts[0] + parts[1], shape: [2 * count, 21, 21], to: "\(folder)/both.npy")
            let labels = Array(repeating: "noise", count: count) + Array(repeating: "source", count: count)
            try table("\(name)/labels.csv", "kind", labels)
            try table("\(name)/names.csv", "name", (0..<2 * count).map { "\(name)-\($0)" })
            return folder
        }

        private func table(_ name: String, _ column: String, _ rows: [String]) throws {
            try ([column] + rows).joined(separator: "\n").appending("\n")
                .write(toFile: workspace.path(name), atomically: true, encoding: .utf8)
        }

        /// The same stamps with the same numbers give the same bits, however their parts are named, on any ranks.
        @Test func everyFormGivesTheSameRun() throws {
            let (a, b, c) = (
                try write("a", from: 0, count: 200), try write("b", from: 200), try write("c", from: 300)
            )
            let settings = "\(Self.settings) --split 1,0,0"
            let main = "--stamps \(a)/both.npy --labels \(a)/labels.csv"
            let forms = [
                "\(main) --validation-data \(b) --test-data \(c)",
                "\(main) --validation-noise \(b)/stamps_noise.npy --validation-sources \(b)/stamps_sources.npy"
                    + " --test-class noise=\(c)/stamps_noise.npy source=\(c)/stamps_sources.npy",
                "\(main) --validation-stamps \(b)/both.npy --validation-labels \(b)/labels.csv"
                    + " --test-channel 0=\(c)/both.npy --test-labels \(c)/labels.csv:kind",
                "--data \(a) --validation-data \(b) --test-data \(c)",
            ]
            for (number, form) in forms.enumerated() {
                try trained(
                    "train \(form) \(settings) --threads 1 --output \(workspace.path("\(number)"))",
                    ranks: number == 1 ? 3 : nil)
                let run = workspace.path("\(number)")
                #expect(try RunResult(run).differences(from: RunResult(workspace.path("0"))) == [], "\(form)")
            }
            let found = try #require(try json(text("\(workspace.path("0"))/config.json"))["settings"] as? [String: Any])
            for (key, count) in [("training_stamps", 400), ("validation_stamps", 80), ("test_stamps", 80)] {
                #expect(found[key] as? Int == count)
            }
            // One file for all, divided by a column.
            let values = try [a, b, c].flatMap { try numbers("\($0)/both.npy").values }
            try NpyFile.write(floats: values, shape: [560, 21, 21], to: workspace.path("all.npy"))
            let labels = try [a, b, c].flatMap { try text("\($0)/labels.csv").split(separator: "\n").dropFirst() }
            try table("labels.csv", "kind", labels.map(String.init))
            try table(
                "parts.csv", "part",
                (0..<560).map { $0 < 400 ? "training" : $0 < 480 ? "valid" : "Test" })
            for ranks in [1, 3] {
                let column = workspace.path("column-\(ranks)")
                try trained(
                    "train --stamps \(workspace.path("all.npy")) --labels \(workspace.path("labels.csv"))"
                        + " --split-by \(workspace.path("parts.csv")):part \(Self.settings) --threads 1"
                        + " --output \(column)", ranks: ranks == 1 ? nil : ranks)
                #expect(try RunResult(column).differences(from: RunResult(workspace.path("0"))) == [])
            }
        }

        @Test func aRunGoesOnWithTheSamePartsOnly() throws {
            let (a, b, c) = (
                try write("a", from: 0, count: 200), try write("b", from: 200), try write("c", from: 300)
            )
            let run = workspace.path("run")
            let options = "--data \(a) --validation-data \(b) \(Self.settings)"
            try trained("train \(options) --epochs 4 --output \(workspace.path("whole"))")
            try trained("train \(options) --output \(run)")
            let kept = try bytes("\(run)/training_stamps.bin")
            for other in ["--data \(a) --test-data \(b)", "--data \(a) --validation-data \(c)", "--data \(a)"] {
                expectError(
                    try trainer("train \(other) \(Self.settings) --epochs 4 --resume --output \(run)"), 64,
                    saying: "--data")
            }
            try trained("train \(options) --epochs 4 --resume --output \(run)", ranks: 2)
            #expect(try RunResult(run).differences(from: RunResult(workspace.path("whole"))) == [])
            #expect(try bytes("\(run)/training_stamps.bin") == kept)
        }

        /// Names and features of the parts come from files of their own, or from one for all.
        @Test func columnsBesideTheParts() throws {
            let (a, b) = (try write("a", from: 0, count: 200), try write("b", from: 200))
            let options = "--data \(a) --test-data \(b) --split 1,0,0 \(Self.settings)"
            try trained(
                "train \(options) --ids \(a)/names.csv --test-ids \(b)/names.csv --output \(workspace.path("two"))")
            let names = try [a, b].flatMap { try text("\($0)/names.csv").split(separator: "\n").dropFirst() }
            try table("names.csv", "name", names.map(String.init))
            try trained("train \(options) --ids \(workspace.path("names.csv")) --output \(workspace.path("one"))")
            let tested = try text("\(workspace.path("two"))/test_predictions.csv")
            #expect(tested.contains("\n400,b-0,0,") && tested.contains("\n479,b-79,1,"))
            #expect(try text("\(workspace.path("one"))/test_predictions.csv") == tested)
            for (name, folder, count) in [("a", a, 400), ("b", b, 80)] {
                try table("\(name)/width.csv", "width", (0..<count).map { "\(Double($0 * 7 % 10) + 1)" })
                #expect(exists("\(folder)/width.csv"))
            }
            try trained(
                "train \(options) --features \(a)/width.csv --test-features \(b)/width.csv"
                    + " --output \(workspace.path("features"))")
            #expect(exists(workspace.path("features/feature_importance.csv")))
            expectError(
                try trainer("train \(options) --features \(a)/width.csv --output \(workspace.path("short"))"), 65,
                saying: "\(a)/width.csv", "400 rows for 480 stamps")
            let measured = try trained("evaluate --run \(workspace.path("features")) --json --bootstrap 0")
            let metrics = try json(text("\(workspace.path("features"))/metrics.json"))
            #expect(try json(measured.standardOutput)["loss"] as? Double == metrics["loss"] as? Double)
        }

        @Test(arguments: [
            ("--validation-labels l.npy", "--validation-labels"), ("--test-sources s.npy", "--test-noise"),
            ("--test-data no-such-folder", "no-such-folder"),
            ("--validation-data DATA --validation-noise n.npy", "--validation-noise"),
            ("--validation-class star=DATA/stamps_noise.npy", "--validation-class star"),
            ("--split-by t.csv:part --test-data DATA", "--split-by"), ("--split-by TABLE:object", "row 0"),
            ("--folds 3 --test-data DATA", "--folds"), ("--validation-ids i.csv", "--validation-ids"),
        ])
        func whatDoesNotGoTogetherIsRefused(_ options: String, _ subject: String) throws {
            let words = options.replacing("DATA", with: survey.folder).replacing("TABLE", with: survey.table)
            let run = workspace.path("run")
            let outcome = try trainer("train --data \(survey.folder) \(words) --output \(run)")
            #expect([64, 65, 66].contains(outcome.status))
            expectError(outcome, outcome.status, saying: subject)
            #expect(!exists(run))
        }

        @Test func eachPartHasItsShareOfEachClass() throws {
            let run = workspace.path("run")
            try trained(
                "train --sources \(survey.sources) --noise \(survey.noise) --stratify \(Self.settings) --output \(run)")
            let tested = try text("\(run)/test_predictions.csv").split(separator: "\n").dropFirst()
                .map { $0.split(separator: ",")[1] }
            #expect(tested.count == 200 && tested.count { $0 == "1" } == 100)
            expectError(
                try trainer(
                    "train --data \(survey.folder) \(Self.settings) --epochs 3 --resume --output \(run)"), 64,
                saying: "--stratify")
        }

        /// The test part of a run, by its own model and by another one.
        @Test(arguments: [nil, 2] as [Int?]) func aRunsTestPartIsMeasured(ranks: Int?) throws {
            let run = try survey.run()
            let outcome = try trained("evaluate --run \(run) --json", ranks: ranks)
            let (found, metrics) = (
                try json(outcome.standardOutput), try json(text("\(run)/metrics.json"))
            )
            #expect(found["samples"] as? Int == 200 && found["trained_on"] as? Int == 0)
            for key in ["loss", "accuracy", "roc_auc"] {
                #expect(found[key] as? Double == metrics[key] as? Double, "\(key)")
            }
            #expect((found["by_signal_to_noise"] as? [Any])?.isEmpty == false)
            let other = try trained("evaluate --run \(run) --model \(survey.longRun()) --json --bootstrap 0")
            let longer = try json(text("\(survey.longRun())/metrics.json"))
            #expect(try json(other.standardOutput)["loss"] as? Double == longer["loss"] as? Double)
            let several = try trained("evaluate --run \(run) --augment-passes --json --bootstrap 0", ranks: ranks)
            #expect(try json(several.standardOutput)["samples"] as? Int == 200)
            expectError(
                try trainer("evaluate --run \(run) --data \(survey.folder)"), 64, saying: "--run")
            expectError(try trainer("evaluate --run \(workspace.path("none"))"), 66, saying: workspace.path("none"))
            expectError(try trainer("evaluate --data \(survey.folder)"), 64, saying: "--model")
        }

        /// Whatever the files are called and however they are written.
        @Test(arguments: [nil, 3] as [Int?]) func stampsThatAModelKnowsAreCounted(ranks: Int?) throws {
            let run = try survey.run()
            let all = try trained("evaluate --model \(run) --data \(survey.folder) --json --bootstrap 0", ranks: ranks)
            #expect(try json(all.standardOutput)["trained_on"] as? Int == 700)
            #expect(all.errorLines(saying: "700 of the 1000 stamps") == 1)
            // The run's own test part, copied: of other files, in another order, as doubles.
            let tested = try text("\(run)/test_predictions.csv").split(separator: "\n").dropFirst()
                .map { Int($0.split(separator: ",")[0])! }
            let (noise, sources) = (try numbers(survey.noise).values, try numbers(survey.sources).values)
            func stamps(_ wanted: [Int]) -> [Float] {
                wanted.flatMap { stamp -> ArraySlice<Float> in
                    let place = stamp % 500 * Survey.pixels
                    return (stamp < 500 ? noise : sources)[place..<place + Survey.pixels]
                }
            }
            let folder = workspace.path("copy")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for (name, part) in [
                ("noise", tested.filter { $0 < 500 }), ("sources", tested.filter { $0 >= 500 }),
            ] {
                try NpyFile.write(
                    floats: stamps(part.reversed()), shape: [part.count, 21, 21], to: "\(folder)/stamps_\(name).npy")
            }
            let copied = try trained(
                "evaluate --model \(run)/model.safetensors --data \(folder) --json --bootstrap 0", ranks: ranks)
            #expect(try json(copied.standardOutput)["trained_on"] as? Int == 0)
            #expect(copied.standardError == "")
            // A model without its run's folder does not know.
            let alone = workspace.path("model.safetensors")
            try FileManager.default.copyItem(atPath: "\(run)/model.safetensors", toPath: alone)
            let unknown = try trained("evaluate --model \(alone) --data \(folder) --json --bootstrap 0")
            #expect(try json(unknown.standardOutput)["trained_on"] == nil)
            try Data([1, 2, 3]).write(to: URL(fileURLWithPath: workspace.path("training_stamps.bin")))
            expectError(
                try trainer("evaluate --model \(alone) --data \(folder)"), 65, saying: "training_stamps.bin")
        }

        @Test func theReportShowsTheSourcesOfTheTestPart() throws {
            let (a, b) = (try write("a", from: 0, count: 100), try write("b", from: 300))
            for (folder, count) in [(a, 100), (b, 40)] {
                try NpyFile.write(
                    floats: (0..<count).map { 3 + Float($0) }, shape: [count], to: "\(folder)/snr_sources.npy")
            }
            let run = workspace.path("run")
            try trained(
                "train --data \(a) --test-data \(b) --split 0.8,0.2,0 \(Self.settings) --output \(run)", reporting: true
            )
            let rows = try text("\(run)/figures/completeness.csv").split(separator: "\n")
            #expect(rows.count > 2)
            let page = try text("\(run)/report.html")
            #expect(page.contains("\(b)/stamps_sources.npy") && page.contains("--test-sources"))
        }
    }
}
