import Foundation
import TestSupport
import Testing

extension TrainerCommandTests {
    /// What users call their stamps, from a column beside them to tables, figures and the report.
    @Suite struct IdentifierTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        /// What each stamp is called: most are objects that were seen twice, some are what a table, a page or a figure
        /// might take for something of its own.
        private static let identifiers: [String] = (0..<2 * Survey.count).map { stamp in
            switch stamp % 50 {
            case 7: "a,\"b\" \(stamp)"
            case 8: "</td><script>alert(\(stamp))</script>"
            case 9: "{/:Bold it's_\(stamp)} `ls` \\n"
            case 10: "two\nlines \(stamp)"
            case 11: "\u{1B}[31m\(stamp)"
            default: "ZTF18object\(stamp / 2)"
            }
        }

        private static func quoted(_ text: String) -> String {
            text.contains { ",\"\n".contains($0) } ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
        }

        private func table(_ identifiers: some Sequence<String> = identifiers, name: String = "t.csv") throws -> String
        {
            let path = workspace.path(name)
            let text = "kind,name\n" + identifiers.map { "x,\(Self.quoted($0))\n" }.joined()
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }

        private func train(_ name: String, _ options: String, ranks: Int? = nil, reporting: Bool = false) throws
            -> String
        {
            let run = workspace.path(name)
            try trained(
                "train --data \(survey.folder) \(Survey.recipe) --threads 1 --output \(run) \(options)", ranks: ranks,
                reporting: reporting)
            return run
        }

        /// The test set's rows with the names that the table has for them.
        private func named(_ predictions: String) -> String {
            let lines = predictions.split(separator: "\n")
            return "index,id,true_class,probability\n"
                + lines.dropFirst().map { line in
                    let fields = line.split(separator: ",", maxSplits: 1)
                    return "\(fields[0]),\(Self.quoted(Self.identifiers[Int(fields[0])!])),\(fields[1])\n"
                }.joined()
        }

        @Test func namesGoThroughToTablesFiguresAndTheReport() throws {
            let table = try table()
            let run = try train("run", "--epochs 2 --ids \(table):name", reporting: true)
            // They change nothing else.
            let plain = try survey.run()
            for file in ["model.safetensors", "metrics.json"] {
                #expect(try bytes("\(run)/\(file)") == bytes("\(plain)/\(file)"))
            }
            let tested = try named(text("\(plain)/test_predictions.csv"))
            #expect(try text("\(run)/test_predictions.csv") == tested)
            #expect(try text("\(plain)/test_predictions.csv").hasPrefix("index,true_class,probability\n"))
            for figure in ["stamps", "misses"] {
                #expect(try text("\(run)/figures/\(figure).csv").hasPrefix("image,index,id,true_class,"))
                #expect(try text("\(plain)/figures/\(figure).csv").hasPrefix("image,index,true_class,"))
            }
            #expect(try text("\(run)/figures/stamps.csv").contains(",ZTF18object"))
            if exists("\(plain)/figures/stamps.svg") {
                #expect(try text("\(run)/figures/stamps.svg").contains("ZTF18object"))
            }
            let page = try text("\(run)/report.html")
            #expect(page.contains(">id</th>") && page.contains("ZTF18object") && !page.contains("<script"))
            #expect(try !text("\(plain)/report.html").contains(">id</th>"))
            // The run knows them: their table may be gone, and is named where the run is made again.
            try FileManager.default.removeItem(atPath: table)
            try trained("report --run \(run)")
            #expect(try text("\(run)/report.html") == page && page.contains("--ids \(table):name"))
        }

        @Test func ranksInterruptionsFoldsAndMembersKeepThem() throws {
            let table = try table()
            let options = "--ids \(table):name"
            let whole = try train("whole", "--epochs 2 \(options)", ranks: 3)
            let resumed = try train("resumed", "--epochs 1 \(options)")
            _ = try train("resumed", "--epochs 2 --resume \(options)", ranks: 2)
            #expect(try RunResult(resumed).differences(from: RunResult(whole)) == [])
            let changed = try self.table(Self.identifiers.reversed())
            expectError(
                try trainer(
                    "train --data \(survey.folder) \(Survey.recipe) --threads 1 --output \(resumed) --epochs 3 --resume "
                        + "--ids \(changed):name"), 64, saying: "--ids")
            _ = try self.table()
            for series in ["--folds 2", "--members 2"] {
                let run = workspace.path(series.contains("folds") ? "folds" : "members")
                try trained(
                    "train --data \(survey.folder) --model simple --epochs 1 \(series) \(options) --output \(run)")
                let all = try text("\(run)/test_predictions.csv")
                let first = series.contains("folds") ? "fold-1" : "member-1"
                let part = try text("\(run)/\(first)/test_predictions.csv")
                for predictions in [all, part] {
                    #expect(predictions.hasPrefix("index,id,true_class,probability\n"))
                    for line in predictions.split(separator: "\n").dropFirst() where line.contains(",ZTF") {
                        let fields = line.split(separator: ",")
                        #expect(fields.count == 4 && Self.identifiers[Int(fields[0])!] == fields[1])
                    }
                }
            }
        }

        @Test func predictionsHaveNames() throws {
            let table = try table(Self.identifiers.prefix(Survey.count)), output = workspace.path("p.csv")
            let predict = "predict --model \(try survey.run()) --input \(survey.noise)"
            try trained("\(predict) --csv \(output)")
            let plain = try text(output)
            // The earlier table is recognised as one, and so is that with names.
            for _ in 1...2 { try trained("\(predict) --csv \(output) --ids \(table):name", ranks: 2) }
            let lines = plain.split(separator: "\n").dropFirst().enumerated().map { stamp, line in
                let fields = line.split(separator: ",", maxSplits: 2)
                return "\(fields[0]),\(fields[1]),\(Self.quoted(Self.identifiers[stamp])),\(fields[2])\n"
            }
            #expect(try text(output) == "file,index,id,probability,class\n" + lines.joined())
            try trained("\(predict) --csv \(output)")
            #expect(try text(output) == plain)
            expectError(
                try trainer("\(predict) --output \(workspace.path("p.npy")) --ids \(table):name"), 64,
                saying: "names stamps in the table of --csv")
            let whole = try self.table(name: "whole.csv")
            expectError(
                try trainer("\(predict) --csv \(output) --ids \(whole):name"), 65,
                saying: "has 1000 rows for 500 stamps")
            expectError(
                try trainer("\(predict) --csv \(table) --ids \(table):name"), 64, saying: "--csv \(table)")
        }

        @Test func anEvaluationNamesTheWorstMistakes() throws {
            let run = workspace.path("run")
            try trained("train --data \(survey.folder) --model simple --epochs 1 --output \(run)")
            let evaluate = "evaluate --model \(run) --data \(survey.folder) --bootstrap 0"
            let plain = try trained(evaluate).standardOutput
            let named = try trained("\(evaluate) --ids \(table()):name", ranks: 2).standardOutput
            #expect(named.hasPrefix(plain) && named.contains("\nworst mistakes"))
            #expect(!named.contains("\u{1B}"))
            let report = try json(trained("\(evaluate) --json --ids \(table()):name").standardOutput)
            let mistakes = try #require(report["mistakes"] as? [[String: Any]])
            #expect(!mistakes.isEmpty && mistakes.count <= 20)
            for mistake in mistakes {
                #expect(
                    mistake.keys.sorted() == ["id", "index", "predicted_class", "probability", "true_class"])
                let index = try #require(mistake["index"] as? Int)
                #expect(mistake["id"] as? String == Self.identifiers[index])
                #expect(mistake["true_class"] as? String == (index < Survey.count ? "noise" : "source"))
                #expect(mistake["true_class"] as? String != mistake["predicted_class"] as? String)
            }
            #expect(try json(trained("\(evaluate) --json").standardOutput)["mistakes"] == nil)
        }

        @Test func theStampOfAnOcclusionMapIsNamed() throws {
            let table = try table(Self.identifiers.prefix(Survey.count)), map = workspace.path("map.npy")
            let occlude = "occlusion --model \(try survey.run()) --input \(survey.noise) --output \(map) --window 11"
            let picture = workspace.path("map.svg")
            for (index, words) in [
                (20, "stamp 20 (ZTF18object10)"), (8, "stamp 8 (&lt;/td&gt;&lt;script&gt;"),
                (10, "stamp 10 (two lines 10)"),
            ] {
                try trained("\(occlude) --index \(index) --figure \(picture) --ids \(table):name")
                guard exists(picture) else { continue }
                #expect(try text(picture).contains("<title>Occlusion map of \(words)"))
            }
            expectError(
                try trainer("\(occlude) --index 3 --ids \(table):name"), 64, saying: "names the stamp in the picture")
            expectError(
                try trainer("\(occlude) --index 3 --figure \(picture) --ids none.csv:name"), 66, saying: "none.csv")
        }

        @Test(arguments: [
            ("--ids TABLE:names", 65, "has no column \"names\"; name one of these: kind, name"),
            ("--ids TABLE", 65, "has 2 columns"), ("--ids none.csv:name", 66, "none.csv: there is no"),
            ("--ids names.txt", 64, "--ids names.txt: names neither a column nor an array"),
            ("--ids SHORT:name", 65, "has 3 rows for 1000 stamps"),
            ("--ids EMPTY:name", 65, "line 3 has nothing as name"),
            ("--ids NOISE", 65, "instead of one value for each stamp"),
        ])
        func whatCannotBeIsOneLine(_ options: String, _ status: Int32, _ words: String) throws {
            let options = options.replacing("TABLE", with: try table()).replacing("NOISE", with: survey.noise)
                .replacing("SHORT", with: try table(["a", "b", "c"], name: "short.csv"))
                .replacing("EMPTY", with: try table(["a", "", "c"], name: "empty.csv"))
            let output = workspace.path("run")
            expectError(
                try trainer("train --data \(survey.folder) --model simple \(options) --output \(output)"), status,
                saying: words)
            #expect(!exists(output))
        }
    }
}
