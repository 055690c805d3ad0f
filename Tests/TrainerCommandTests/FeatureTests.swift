import Files
import Foundation
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    /// A table of features beside the stamps, from training to the report.
    @Suite struct FeatureTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        /// For each stamp a number that tells its class in part, one that tells nothing, and one that is missing now and
        /// then. Other columns are texts.
        private func rows(from first: Int = 0) -> [[String]] {
            (first..<2 * Survey.count).map { stamp in
                let isSource = stamp >= Survey.count
                let noise = Double(stamp * 7919 % 1000) / 1000
                return [
                    "s\(stamp)", "\(20 + noise + (isSource ? 0.8 : 0))", "\(stamp * 31 % 17)",
                    stamp % 10 == 3 ? "" : "\(1e6 * noise)",
                ]
            }
        }

        private func write(_ columns: [String], _ rows: [[String]], to name: String) throws -> String {
            let path = workspace.path(name)
            let lines = ([columns] + rows).map { $0.joined(separator: ",") + "\n" }
            try lines.joined().write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }

        private func table() throws -> String { try write(["id", "seeing", "night", "flux"], rows(), to: "table.csv") }

        private static let recipe = "\(Survey.recipe) --threads 1"

        private func options(_ table: String) -> String {
            "--data \(survey.folder) --features \(table):flux,seeing,night --fill-features median"
        }

        private func train(_ name: String, _ options: String, ranks: Int? = nil) throws -> String {
            let run = workspace.path(name)
            try trained("train \(Self.recipe) --output \(run) \(options)", ranks: ranks)
            return run
        }

        private func importance(_ run: String) throws -> [String: Double] {
            let lines = try text("\(run)/feature_importance.csv").split(separator: "\n")
            #expect(lines[0] == "feature,loss_increase,accuracy_drop,roc_area_drop")
            return try Dictionary(
                uniqueKeysWithValues: lines.dropFirst().map { line in
                    let fields = line.split(separator: ",")
                    return (String(fields[0]), try #require(Double(fields[1])))
                })
        }

        @Test func ranksThreadsAndInterruptionsChangeNoBit() throws {
            let options = options(try table()) + " --augment all"
            let whole = try train("whole", "\(options) --epochs 2")
            let others = [
                try train("ranks", "\(options) --epochs 2 --threads 2", ranks: 3),
                try train("streamed", "\(options) --epochs 2 --memory 400K", ranks: 2),
            ]
            let resumed = try train("resumed", "\(options) --epochs 1")
            _ = try train("resumed", "\(options) --epochs 2 --resume", ranks: 2)
            for run in others + [resumed] {
                #expect(try RunResult(run).differences(from: RunResult(whole)) == [], "\(run)")
                let (own, other) = (
                    try bytes("\(run)/feature_importance.csv"), try bytes("\(whole)/feature_importance.csv")
                )
                #expect(own == other)
            }
        }

        @Test func aModelFindsItsColumns() throws {
            let table = try table()
            let run = workspace.path("run")
            try trained("train \(Self.recipe) \(options(table)) --epochs 4 --output \(run)", reporting: true)
            let tested = try text("\(run)/test_predictions.csv").split(separator: "\n").dropFirst().map { line in
                line.split(separator: ",")
            }
            let probabilities = Dictionary(uniqueKeysWithValues: tested.map { (Int($0[0])!, Float($0[2])!) })
            func predicted(_ model: String, _ features: String) throws -> [Float] {
                let output = workspace.path("p.npy")
                try trained(
                    "predict --model \(model) --input \(survey.noise) \(survey.sources) --output \(output)"
                        + " --features \(features)")
                return try numbers(output).values
            }
            let found = try predicted("\(run)/model.safetensors", table)
            for (stamp, probability) in probabilities { #expect(found[2 * stamp + 1] == probability) }
            // Columns in another order, and Keras' file of the model.
            let moved = try write(
                ["flux", "x", "night", "seeing"], rows().map { [$0[3], $0[0], $0[2], $0[1]] }, to: "moved.csv")
            #expect(try predicted(run, moved) == found)
            #expect(try predicted("\(run)/model.keras", table) == found)
            // An array has columns in an order.
            let array = workspace.path("f.npy")
            let floats = rows().flatMap { row in [row[3], row[1], row[2]].map { Float($0) ?? .nan } }
            try NpyFile.write(floats: floats, shape: [2 * Survey.count, 3], to: array)
            let near = zip(try predicted(run, array), found).allSatisfy { abs($0 - $1) < 1e-3 }
            #expect(near)
            let outcome = try trained("evaluate --model \(run) --data \(survey.folder) --features \(table)")
            // That it knows these stamps, and nothing of columns.
            #expect(outcome.errorLines.count == 1 && outcome.standardError.contains("was trained on"))
            let map = workspace.path("map.npy")
            try trained(
                "occlusion --model \(run) --input \(survey.noise) --features \(noiseTable()) --index 3 --output \(map)")
            #expect(try numbers(map).shape == [21, 21])
            // What tells the classes apart is what the network needs.
            let importance = try importance(run)
            #expect(importance.count == 3 && importance["seeing"]! > importance["night"]!)
            #expect(try text("\(run)/report.html").contains("<h2>Features</h2>"))
        }

        /// Rows for the noise stamps alone.
        private func noiseTable() throws -> String {
            try write(["id", "seeing", "night", "flux"], Array(rows().prefix(Survey.count)), to: "noise.csv")
        }

        private func measured(_ options: String, ranks: Int? = nil) throws -> [[String: Any]] {
            let outcome = try trained("evaluate --json --bootstrap 0 --importance \(options)", ranks: ranks)
            return try #require(json(outcome.standardOutput)["feature_importance"] as? [[String: Any]])
        }

        private func number(_ row: [String: Any], _ key: String) throws -> Double { try #require(row[key] as? Double) }

        @Test func anEvaluationTellsWhichFeaturesMatter() throws {
            let table = try table()
            let run = try train("run", "\(options(table)) --epochs 4")
            let evaluate = "--data \(survey.folder) --features \(table)"
            let rows = try measured("--model \(run) \(evaluate)")
            #expect(rows.map { $0["feature"] as? String } == ["flux", "seeing", "night"])
            for row in rows {
                #expect(row.keys.sorted() == ["accuracy_drop", "feature", "loss_increase", "roc_area_drop"])
            }
            #expect(try number(rows[1], "loss_increase") > number(rows[2], "loss_increase"))
            let shared = try measured("--model \(run) \(evaluate) --threads 2", ranks: 3)
            #expect((shared as NSArray) == (rows as NSArray))
            // A mean of two equal models is as good as one of them, and exchanged values are the same ones.
            for (one, both) in zip(rows, try measured("--model \(run) \(run)/model.keras \(evaluate)")) {
                for key in ["loss_increase", "accuracy_drop", "roc_area_drop"] {
                    #expect(try abs(number(one, key) - number(both, key)) < 1e-6)
                }
            }
            let shown = try trained("evaluate --model \(run) \(evaluate) --bootstrap 0 --importance").standardOutput
            #expect(shown.contains("\nfeature   loss rises by"))
            expectError(
                try trainer("evaluate --model \(survey.run()) --data \(survey.folder) --importance"), 64,
                saying: "--importance: is of features, and")
        }

        /// Of three classes, the area is the mean of each against the rest.
        @Test func featuresOfSeveralClassesHaveAreas() throws {
            let kinds = try write(
                ["kind", "colour", "night"],
                (0..<2 * Survey.count).map { stamp in
                    let kind = stamp < Survey.count ? 0 : 1 + stamp % 2
                    return [
                        ["noise", "star", "galaxy"][kind], "\(Double(stamp * 7919 % 1000) / 1000 + 2 * Double(kind))",
                        "\(stamp % 7)",
                    ]
                }, to: "kinds.csv")
            let stamps =
                "--stamps \(survey.noise) \(survey.sources) --labels \(kinds):kind --features \(kinds):colour,night"
            let run = workspace.path("run")
            try trained("train --model vgg6 --optimizer adam --normalize mean --epochs 3 \(stamps) --output \(run)")
            let rows = try text("\(run)/feature_importance.csv").split(separator: "\n").dropFirst().map { line in
                line.split(separator: ",").dropFirst().compactMap { Double($0) }
            }
            #expect(rows.allSatisfy { $0.count == 3 } && rows[0][2] > rows[1][2])
            let measured = try measured("--model \(run) \(stamps)")
            #expect(try number(measured[0], "roc_area_drop") > 0.1)
            #expect(try abs(number(measured[1], "roc_area_drop")) < 0.1)
        }

        @Test func aModelIsNotGivenOtherFeatures() throws {
            let table = try table()
            let run = try train("run", "\(options(table)) --epochs 1")
            let predict = "predict --model \(run) --input \(survey.noise) --csv \(workspace.path("p.csv"))"
            expectError(try trainer(predict), 64, saying: "--features: is missing: \(run)/model.safetensors takes")
            expectError(try trainer("\(predict) --features \(table)"), 65, saying: "has 1000 rows for 500 stamps")
            let other = try write(["seeing", "flux"], rows().prefix(500).map { [$0[1], $0[3]] }, to: "other.csv")
            expectError(
                try trainer("\(predict) --features \(other)"), 65, saying: "has no column \"night\", which",
                "this one has: seeing, flux")
            expectError(
                try trainer(
                    "predict --model \(survey.run()) --input \(survey.noise) --csv \(workspace.path("p.csv"))"
                        + " --features \(noiseTable())"),
                64, saying: "takes stamps alone")
            #expect(!exists(workspace.path("p.csv")))
            // Likewise where training begins with a model.
            let train = "train --data \(survey.folder) --epochs 1 --output \(workspace.path("again"))"
            expectError(
                try trainer("\(train) --model \(survey.run())/model.safetensors --features \(table):seeing"), 64,
                saying: "takes stamps alone")
            expectError(
                try trainer("\(train) --model \(run)/model.safetensors"), 64, saying: "--features: is missing")
            expectError(
                try trainer("\(train) --model \(run)/model.safetensors --features \(table):seeing"), 65,
                saying: "gives 1 feature, \(run)/model.safetensors takes 3")
            // A run goes on with the same table only.
            let changed = try write(
                ["id", "seeing", "night", "flux"], rows().map { [$0[0], $0[1] + "1", $0[2], $0[3]] }, to: "table.csv")
            expectError(
                try trainer("train \(Self.recipe) \(options(changed)) --epochs 2 --resume --output \(run)"), 64,
                saying: "--features")
        }

        @Test(arguments: [
            ("--features TABLE", 65, "line 2 has \"s0\" as id, which is no number"),
            ("--features TABLE:seeing,size", 65, "has no column \"size\"; name one of these: id, seeing, night, flux"),
            ("--features TABLE:flux", 65, "row 3, counted from 0, has no finite number as flux"),
            ("--features none.csv", 66, "none.csv: there is no"),
            ("--features table.txt", 64, "--features table.txt: names neither a table nor an array"),
            ("--features TABLE:seeing,seeing", 64, "does not name each column once"),
            ("--features SHORT", 65, "has 2 rows for 1000 stamps"),
            ("--features NOISE", 65, "instead of a row of features for each stamp"),
            ("--normalize-features none", 64, "--normalize-features none: stands without --features"),
            ("--fill-features median", 64, "--fill-features median: stands without --features"),
            ("--fill-features mean", 64, "mean"),
        ])
        func whatCannotBeIsOneLine(_ options: String, _ status: Int32, _ words: String) throws {
            let options = options.replacing("TABLE", with: try table()).replacing("NOISE", with: survey.noise)
                .replacing("SHORT", with: try write(["a"], [["1"], ["2"]], to: "short.csv"))
            let output = workspace.path("run")
            expectError(
                try trainer("train --data \(survey.folder) --model vgg6 --epochs 1 \(options) --output \(output)"),
                status, saying: words)
            #expect(!exists(output))
        }
    }
}
