import Foundation
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    /// Stamps with labels beside them, a folder for each class, and what may be wrong with them.
    @Suite struct ClassesTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        /// Labels of the survey's noise and sources.
        private func table(_ names: [String] = ["noise", "source"]) throws -> String {
            let path = workspace.path("labels.csv")
            let rows = (0..<2 * Survey.count).map { "\($0),\(names[$0 / Survey.count])\n" }
            try "id,kind\n\(rows.joined())".write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }

        private func folder(_ name: String, _ files: [(String, from: String)]) throws -> String {
            let manager = FileManager.default, folder = workspace.path(name)
            for (file, source) in files {
                let path = "\(folder)/\(file)"
                try manager.createDirectory(
                    atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                try manager.copyItem(atPath: source, toPath: path)
            }
            return folder
        }

        /// However stamps are named: the same classes in the same order give the bits of noise and sources.
        @Test(arguments: ["labels", "classes", "numbers", "folder"], [nil, 2])
        func theFormOfTheDataChangesNoBit(_ form: String, ranks: Int?) throws {
            let stamps = "--stamps \(survey.noise) \(survey.sources)"
            let data =
                switch form {
                case "labels": "\(stamps) --labels \(try table()):kind --class-names noise,source"
                case "numbers": "\(stamps) --labels \(try table(["0", "1"])):kind --class-names noise,source"
                case "folder":
                    "--data "
                        + (try folder(
                            "folder", [("noise/a.npy", from: survey.noise), ("source/b.npy", from: survey.sources)]))
                default: "--class noise=\(survey.noise) --class source=\(survey.sources)"
                }
            let run = workspace.path("run")
            try trained("train \(data) \(Survey.recipe) --epochs 2 --threads 1 --output \(run)", ranks: ranks)
            #expect(try RunResult(run).differences(from: RunResult(survey.run())) == [])
            let model = "\(run)/model.safetensors"
            let names = form == "folder" ? data : "\(data)"
            let evaluated = try trained("evaluate --model \(model) \(names) --bootstrap 0 --json").standardOutput
            let usual = try trained("evaluate --model \(model) --data \(survey.folder) --bootstrap 0 --json")
            for key in ["loss", "roc_auc", "accuracy"] {
                let (own, other) = (try json(evaluated)[key], try json(usual.standardOutput)[key])
                #expect(own as? Double == other as? Double && own != nil)
            }
        }

        @Test func otherNamesAreStoredWithTheModel() throws {
            let data = "--stamps \(survey.noise) \(survey.sources) --labels \(try table(["bogus", "real"])):kind"
            let run = workspace.path("run")
            try trained("train \(data) \(Survey.recipe) --epochs 2 --threads 1 --output \(run)")
            let configuration = try json(text("\(run)/config.json"))
            let settings = try #require(configuration["settings"] as? [String: Any])
            #expect(settings["class_names"] as? [String] == ["bogus", "real"])
            #expect(settings["class_stamps"] as? [Int] == [Survey.count, Survey.count])
            #expect(settings["sources"] == nil)
            // Nobody reads of sources and noise, but for the names of the files.
            #expect(try trainer("report --run \(run)").status == 0)
            let page = try text("\(run)/report.html").replacing("stamps_noise", with: "").replacing(
                "stamps_sources", with: "")
            for word in ["a source", "sources", "noise", "share_of_sources"] {
                #expect(!page.contains(word), "\(word)")
            }
            #expect(page.contains("A probability above 0.5 finds") && page.contains("of the stamps of real"))
            // One row for each stamp, or for each of the second class, in the files' order whatever that of the classes.
            let (all, second) = (workspace.path("all.csv"), workspace.path("second.csv"))
            let values = (0..<2 * Survey.count).map { "\($0 * 37 % 1000)\n" }
            try ("mag\n" + values.joined()).write(toFile: all, atomically: true, encoding: .utf8)
            try ("mag\n" + values.suffix(Survey.count).joined()).write(
                toFile: second, atomically: true, encoding: .utf8)
            let columns = try [all, second].map { table in
                let line = "evaluate --model \(run) \(data) --bootstrap 5 --json --by \(table):mag"
                return try JSONSerialization.data(
                    withJSONObject: try #require(json(trained(line).standardOutput)["by_column"]),
                    options: .sortedKeys)
            }
            #expect(columns[0] == columns[1])
            let exchanged = "--class real=\(survey.sources) --class bogus=\(survey.noise)"
            for file in ["model.safetensors", "model.keras"] {
                let accuracies = try [data, exchanged].map { data in
                    let line = "evaluate --model \(run)/\(file) \(data) --bootstrap 0 --json"
                    return try json(trained(line).standardOutput)["accuracy"] as? Double
                }
                #expect(accuracies[0] != nil && accuracies[0] == accuracies[1])
            }
            expectError(
                try trainer("evaluate --model \(run)/model.safetensors --data \(survey.folder)"), 65,
                saying: "--class noise: is no class of the model; its classes are bogus, real")
        }

        @Test(arguments: [
            ("--stamps STAMPS --labels TABLE", 65, "has 2 columns; name one, as"),
            ("--stamps STAMPS --labels TABLE:kinds", 65, "no column \"kinds\"; name one of these: id, kind"),
            ("--stamps STAMPS STAMPS STAMPS --labels TABLE:kind", 65, "has 1000 rows for 1500 stamps"),
            ("--stamps STAMPS --labels HALVES", 65, "holds 0.5 for stamp 1, which is no label"),
            ("--stamps STAMPS", 64, "--stamps: stands alone"), ("--labels TABLE:kind", 64, "--labels: stands alone"),
            ("--class-names a,b", 64, "stands without --labels"),
            ("--class a=STAMPS", 64, "--class: gives 1 classes; give at least two"),
            ("--class STAMPS --class b=STAMPS", 64, "has no name"),
            ("--class a=STAMPS --class b=nowhere.npy", 66, "nowhere.npy"),
            ("--class a=STAMPS --data .", 64, "--data .: does not go with --class"),
            ("--class a=STAMPS --class b=STAMPS --classes 3", 64, "asks for 3 outputs, the stamps have 2 classes"),
            ("--class a=STAMPS --class b=STAMPS --class-weights 1,2,3", 64, "gives 3 weights to 2 classes (a,b)"),
            ("--stamps NOISE SOURCES --labels TABLE:kind --class-names noise,source,comet", 65, "class comet"),
        ])
        func whatDoesNotFitIsOneLine(_ options: String, _ status: Int32, _ words: String) throws {
            let (output, halves) = (workspace.path("run"), workspace.path("halves.npy"))
            try NpyFile.write(floats: (0..<Survey.count).map { Float($0) / 2 }, shape: [Survey.count], to: halves)
            let options = options.replacing("TABLE", with: try table()).replacing("STAMPS", with: survey.noise)
                .replacing("NOISE", with: survey.noise).replacing("SOURCES", with: survey.sources)
                .replacing("HALVES", with: halves)
            expectError(try trainer("train \(options) --model simple --output \(output)"), status, saying: words)
            #expect(!exists(output))
        }

        @Test func aFolderByHalfIsRefused() throws {
            let stamps = try folder("stamps", [("stamps.npy", from: survey.noise)])
            let labels = try folder("labels", [("labels.csv", from: table())])
            let output = workspace.path("run")
            expectError(
                try trainer("train --data \(stamps) --output \(output)"), 66, saying: "labels.npy: does not exist")
            expectError(
                try trainer("train --data \(labels) --output \(output)"), 66, saying: "stamps.npy: does not exist")
        }
    }
}
