import Foundation
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    /// Runs of more than two classes, from training to occlusion maps.
    @Suite struct SeveralClassesTests {
        private static let (count, side) = (120, 9)
        private static let classNames = ["bright", "dark, \"round\"", "it's `e`"]

        private let workspace: TemporaryFolder
        private let stamps: String
        private let data: String

        /// Stamps that are brighter at the top, at the bottom, or nowhere: in one channel, or in each of several.
        init() throws {
            workspace = try TemporaryFolder()
            (stamps, data) = try Self.write(channels: 1, to: workspace)
        }

        private static func write(channels: Int, to workspace: TemporaryFolder) throws -> (String, data: String) {
            let path = workspace.path("stamps\(channels).npy"), labels = workspace.path("labels\(channels).csv")
            var values: [Float] = []
            for stamp in 0..<count {
                for pixel in 0..<side * side {
                    let row = pixel / side, label = stamp % 3
                    for channel in 0..<channels {
                        let sky = Float((pixel * 7919 + stamp * 104_729 + channel * 31) % 97)
                        values.append(sky + (label == 0 && row < 3 || label == 1 && row > 5 ? 60 : 0))
                    }
                }
            }
            let shape = [count, side, side] + (channels > 1 ? [channels] : [])
            try NpyFile.write(floats: values, shape: shape, to: path)
            let fields = classNames.map { "\"\($0.replacing("\"", with: "\"\""))\"" }
            let rows = (0..<count).map { fields[$0 % 3] + "\n" }
            try ("kind\n" + rows.joined()).write(toFile: labels, atomically: true, encoding: .utf8)
            return (path, "--stamps \(path) --labels \(labels):kind")
        }

        private static let recipe =
            "\(Survey.plain) --optimizer adam --learning-rate 0.003 --normalize mean --batch-size 16 --microbatch 4"

        private func run(_ options: String = "", ranks: Int? = nil, data: String? = nil) throws -> String {
            let output = workspace.path("run\(ranks ?? 0)")
            try? FileManager.default.removeItem(atPath: output)
            try trained(
                "train \(data ?? self.data) \(Self.recipe) --epochs 4 --threads 1 --quiet --output \(output) \(options)",
                ranks: ranks)
            return output
        }

        /// The rows of a table of comma-separated values whose last columns have no commas.
        private func rows(_ path: String) throws -> [[String]] {
            try text(path).split(separator: "\n").dropFirst().map { $0.split(separator: ",").map(String.init) }
        }

        @Test(arguments: ["val_roc_auc", "val_average_precision"])
        func anyRanksGiveTheSameBits(metric: String) throws {
            let options = "--calibrate --early-stopping \(metric)"
            let alone = try run(options)
            #expect(try RunResult(run(options, ranks: 2)).differences(from: RunResult(alone)) == [])
            let history = try text("\(alone)/history.csv").split(separator: "\n").map { $0.split(separator: ",") }
            let column = try #require(history[0].firstIndex { $0 == metric })
            let area = try #require(Double(history[history.count - 1][column]))
            #expect((0.5...1).contains(area))
            let metrics = try json(text("\(alone)/metrics.json"))
            #expect(metrics["class_names"] as? [String] == Self.classNames)
            #expect(try #require(metrics["accuracy"] as? Double) > 0.5)
            let columns = "probability_bright,\"probability_dark, \"\"round\"\"\",probability_it's `e`"
            #expect(try text("\(alone)/test_predictions.csv").hasPrefix("index,true_class,\(columns)\n"))
        }

        @Test func predictionsHaveAColumnForEachClass() throws {
            let run = try run(), (table, array) = (workspace.path("table.csv"), workspace.path("array.npy"))
            for model in ["\(run)/model.safetensors", "\(run)/model.keras"] where exists(model) {
                // An earlier table is recognised and replaced.
                try trained("predict --model \(model) --input \(stamps) --csv \(table) --output \(array)")
                let (values, shape) = try numbers(array)
                #expect(shape == [Self.count, 3])
                let quoted = "probability_bright,\"probability_dark, \"\"round\"\"\",probability_it's `e`"
                #expect(try text(table).hasPrefix("file,index,\(quoted),class\n"))
                for (stamp, row) in try rows(table).enumerated() {
                    let own = Array(values[3 * stamp..<3 * stamp + 3])
                    #expect(row[1] == "\(stamp)" && row[2..<5].map { Float($0)! } == own)
                    let largest = own.firstIndex(of: own.max()!)!
                    let fields = ["bright", "\"dark", "it's `e`"]
                    #expect(row[5] == fields[largest])
                }
            }
            let tested = try rows("\(run)/test_predictions.csv"), values = try numbers(array).values
            for row in tested {
                let stamp = try #require(Int(row[0]))
                // Of three classes a run and `predict` compute the same bits.
                #expect(row[2...].map { Float($0)! } == Array(values[3 * stamp..<3 * stamp + 3]))
            }
        }

        @Test func evaluateTellsOfEachClass() throws {
            let run = try run()
            let line = "evaluate --model \(run) \(data) --bootstrap 20"
            let found = try json(trained("\(line) --json").standardOutput)
            let classes = try #require(found["per_class"] as? [String: [String: Any]])
            #expect(Set(classes.keys) == Set(Self.classNames))
            #expect(classes.values.allSatisfy { $0["support"] as? Int == Self.count / 3 })
            let estimates = try #require(found["estimates"] as? [String: Any])
            for key in ["accuracy", "macro_f1", "matthews_correlation", "roc_auc", "average_precision"] {
                let value = found[key] as? Double
                let estimate = try #require(estimates[key] as? [String: Double])
                #expect(value != nil && abs(estimate["value"]! - value!) < 1e-12, "\(key)")
                #expect(estimate["lower"]! <= value! && value! <= estimate["upper"]!)
            }
            #expect(estimates["expected_calibration_error"] is [String: Double])
            let table = try trained(line).standardOutput
            for word in ["macro F1", "true it's `e`", "calib. error"] { #expect(table.contains(word)) }
            #expect(try trained("\(line) --json", ranks: 2).standardOutput == trained("\(line) --json").standardOutput)
        }

        /// The recall of each class in bins of its stamps that have a number, in `evaluate` and in the report.
        @Test func recallIsListedByAnyColumn() throws {
            let table = workspace.path("numbers.csv")
            // The first class has none.
            let rows = (0..<Self.count).map { $0 % 3 == 0 ? "\($0),\n" : "\($0),\(20 + $0 % 7)\n" }
            try ("id,mag\n" + rows.joined()).write(toFile: table, atomically: true, encoding: .utf8)
            let run = try run("--by \(table):mag")
            let line = "evaluate --model \(run) \(data) --by \(table):mag --bootstrap 20"
            let found = try json(trained("\(line) --json").standardOutput)
            let column = try #require((found["by_column"] as? [[String: Any]])?.first)
            #expect(column["column"] as? String == "mag")
            let classes = try #require(column["classes"] as? [String: [[String: Any]]])
            #expect(Set(classes.keys) == Set(Self.classNames) && classes[Self.classNames[0]]?.isEmpty == true)
            let perClass = try #require(found["per_class"] as? [String: [String: Any]])
            for name in Self.classNames.dropFirst() {
                let bins = try #require(classes[name])
                let stamps = bins.map { $0["stamps"] as! Int }
                #expect(stamps.reduce(0, +) == Self.count / 3)
                let correct = zip(stamps, bins).map {
                    Double($0) * (($1["recall"] as? [String: Double])?["value"] ?? .nan)
                }
                let recall = try #require(perClass[name]?["recall"] as? Double)
                #expect(abs(correct.reduce(0, +) / Double(Self.count / 3) - recall) < 1e-12)
                #expect((bins.first?["lower"] as? Double, bins.last?["upper"] as? Double) == (20, 26))
            }
            let printed = try trained(line, ranks: 2).standardOutput
            #expect(printed.split(separator: "\n").contains { $0.hasPrefix("mag ") && $0.hasSuffix("(recall)") })
            #expect(try trained("\(line) --json", ranks: 2).standardOutput == trained("\(line) --json").standardOutput)
            // The run's own column is drawn, or another that is named.
            let figure = "\(run)/figures/completeness_1.csv"
            for options in ["", "--by \(table):id"] {
                #expect(try trainer("report --run \(run) \(options)").status == 0)
                let drawn = try self.rows(figure)
                #expect(drawn.contains { $0[1] == "it's `e`" })
                #expect(drawn.contains { $0[0] == "0" } == !options.isEmpty)
            }
            try "mag\n1\n".write(toFile: table, atomically: true, encoding: .utf8)
            for line in [
                line, "report --run \(run) --by \(table):mag",
                "train \(data) --by \(table):mag --output \(workspace.path("no"))",
            ] {
                expectError(
                    try trainer(line), 65, saying: "--by mag: has 1 rows for \(Self.count) stamps; give one row for")
            }
            #expect(!exists(workspace.path("no")))
            // What has become of the run's own column is a note.
            #expect(try trainer("report --run \(run)").status == 0)
            #expect(!exists(figure))
            #expect(try text("\(run)/report.html").contains("has 1 rows for \(Self.count) stamps"))
        }

        @Test func anEnsembleAveragesProbabilities() throws {
            let run = try run("--members 2"), array = workspace.path("mean.npy")
            try trained("predict --model \(run) --input \(stamps) --output \(array)")
            let values = try numbers(array).values, tested = try rows("\(run)/test_predictions.csv")
            #expect(tested.count == Self.count / 5)
            for row in tested {
                let stamp = try #require(Int(row[0]))
                #expect(row[2...].map { Float($0)! } == Array(values[3 * stamp..<3 * stamp + 3]))
            }
            #expect(try json(text("\(run)/metrics.json"))["samples"] as? Int == tested.count)
        }

        @Test(arguments: [1, 3])
        func occlusionMapsTheClassThatIsNamed(channels: Int) throws {
            let (stamps, data) = try Self.write(channels: channels, to: workspace)
            let run = try run(data: data), model = "\(run)/model.safetensors"
            let array = workspace.path("p.npy"), maps = workspace.path("maps.npy")
            try trained("predict --quiet --model \(model) --input \(stamps) --output \(array)")
            let probabilities = try numbers(array).values
            func map(_ options: String) throws -> [Float] {
                try trained(
                    "occlusion --quiet --model \(model) --input \(stamps) --output \(maps) --index 4 --window 3 \(options)"
                )
                let (values, shape) = try numbers(maps)
                #expect(shape == [Self.side, Self.side])
                return values
            }
            let all = try (0..<3).map { try map("--class \($0)") }
            #expect(try map("--class bright") == all[0])
            // 1 − p of three classes are 2 in all.
            for pixel in all[0].indices where (1..<8).contains(pixel / 9) && (1..<8).contains(pixel % 9) {
                #expect(abs(all.reduce(0) { $0 + $1[pixel] } - 2) < 1e-5)
            }
            let own = Array(probabilities[12..<15])
            #expect(try map("") == all[own.firstIndex(of: own.max()!)!])
            expectError(
                try trainer("occlusion --quiet --model \(model) --input \(stamps) --output \(maps) --class 3"), 64,
                saying: "--class 3: is no class of", "a number from 0 to 2")
        }

        @Test(arguments: [
            (
                "predict --model MODEL --input STAMPS --output OUT --threshold 0.5",
                "--threshold 0.5: goes with two classes"
            ),
            ("evaluate --model MODEL DATA --threshold 0.5", "--threshold 0.5: goes with two classes, and"),
            ("evaluate --model MODEL DATA --matched-filter", "--matched-filter: goes with two classes"),
            ("train DATA \(Survey.plain) --output OUT --target-purity 0.9", "--target-purity 0.9: chooses a threshold"),
            ("train DATA \(Survey.plain) --output OUT --target-completeness 0.9", "the stamps have 3 ("),
        ])
        func whatIsOfTwoClassesIsRefused(_ line: String, _ words: String) throws {
            let model = line.contains("MODEL") ? try run() : "", output = workspace.path("output")
            let line = line.replacing("MODEL", with: model).replacing("DATA", with: data)
                .replacing("STAMPS", with: stamps).replacing("OUT", with: output)
            for ranks in [nil, 2] as [Int?] {
                expectError(try trainer(line, ranks: ranks), 64, saying: words)
                #expect(!exists(output))
            }
        }

        /// Cut by chance into parts of three stamps, one class is missing.
        @Test func aWatchedAreaNeedsEveryClass() throws {
            let line = "train \(data) \(Survey.plain) --batch-size 8 --split 0.9,0.02,0.08 --early-stopping val_roc_auc"
            expectError(
                try trainer("\(line) --output \(workspace.path("run"))"), 64,
                saying: "watches val_roc_auc, and --split leaves no")
        }

        @Test(arguments: [1, 3])
        func theReportShowsEachClassAndEachChannel(channels: Int) throws {
            let (_, data) = try Self.write(channels: channels, to: workspace)
            let run = try run(data: data)
            let outcome = try trainer("report --run \(run)")
            #expect(outcome.status == 0)
            let figures = Set(try TestSupport.names(in: "\(run)/figures").filter { $0.hasSuffix(".csv") })
            #expect(
                figures.isSubset(of: [
                    "history.csv", "confusion.csv", "roc.csv", "precision_recall.csv", "reliability.csv", "scores.csv",
                    "stamps.csv", "mistakes.csv", "occlusion.csv", "filters.csv",
                ]))
            #expect(figures.isSuperset(of: ["confusion.csv", "roc.csv", "scores.csv", "stamps.csv"]))
            let shape = try numbers("\(run)/figures/stamps.npy").shape
            #expect(Array(shape.dropFirst()) == [Self.side, Self.side] + (channels > 1 ? [channels] : []))
            let page = try text("\(run)/report.html")
            for words in [
                "it&#39;s `e`", "macro F1", "Each class against the rest", "true dark, &quot;round&quot;",
                "bootstrap for F1",
            ] {
                #expect(page.contains(words), "\(words)")
            }
            // Macro F1, Matthews' correlation and the mean areas.
            #expect(page.ranges(of: "<td>bootstrap</td>").count == 4)
            #expect(page.ranges(of: "<small>95 %: ").count == 4)
            let other = workspace.path("comparison.html")
            #expect(try trainer("report --compare \(run) \(run) --output \(other)").status == 0)
            #expect(try text(other).contains("recall of it&#39;s `e`"))
        }
    }
}
