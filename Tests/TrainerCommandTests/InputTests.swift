import Foundation
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    /// The many forms in which stamps may come, and what is said about them.
    @Suite struct InputTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        @Test func severalFilesAreReadAsOneLongArray() throws {
            let stamps = try numbers(survey.sources).values
            let cut = 123 * Survey.pixels
            for (name, part) in [("first", stamps[..<cut]), ("second", stamps[cut...])] {
                try NpyFile.write(
                    floats: Array(part), shape: [part.count / Survey.pixels, Survey.pixels],
                    to: workspace.path("\(name).npy"))
            }
            let files = "\(workspace.path("first.npy")) \(workspace.path("second.npy"))"
            let options = "\(Survey.recipe) --epochs 2 --threads 1 --output \(workspace.path("run"))"
            try trained("train --noise \(survey.noise) --sources \(files) \(options)", ranks: 2)
            #expect(try RunResult(workspace.path("run")).differences(from: RunResult(survey.run())) == [])
            let settings = try json(text(workspace.path("run/config.json")))["settings"] as? [String: Any]
            #expect(settings?["sources"] as? [String] == files.split(separator: " ").map(String.init))
        }

        @Test func stampsOf25PixelsTrain() throws {
            let data = try Survey.large().folder
            let run = workspace.path("run")
            try trained("train --data \(data) --model vgg6 --epochs 1 --batch-size 32 --output \(run)")
            let settings = try #require(try json(text("\(run)/config.json"))["settings"] as? [String: Any])
            #expect(settings["stamp_height"] as? Int == 25 && settings["stamp_width"] as? Int == 25)
        }

        /// numpy's own archives, one stored and one deflated, of five stamps of 4×4 pixels.
        @Test func aFolderMayHoldCompressedFiles() throws {
            let manager = FileManager.default
            try manager.createDirectory(atPath: workspace.path("data"), withIntermediateDirectories: true)
            for (name, form) in [("noise", "stored"), ("sources", "deflated")] {
                try manager.copyItem(
                    atPath: ReferenceValues.path("numpy/single_\(form).npz"),
                    toPath: workspace.path("data/stamps_\(name).npz"))
            }
            let run = workspace.path("run")
            try trained(
                "train --data \(workspace.path("data")) --model simple --normalize none --batch-size 2"
                    + " --epochs 1 --output \(run)"
            )
            let settings = try #require(try json(text("\(run)/config.json"))["settings"] as? [String: Any])
            #expect(settings["noise_stamps"] as? Int == 5 && settings["source_stamps"] as? Int == 5)
        }

        @Test func exchangedFilesAreNoticedOnce() throws {
            for (noise, sources, count) in [
                (survey.sources, survey.noise, 1), (survey.noise, survey.sources, 0),
            ] {
                let outcome = try trained(
                    "train --noise \(noise) --sources \(sources) --model simple --epochs 1"
                        + " --output \(workspace.path("run-\(count)"))",
                    ranks: 2)
                #expect(outcome.errorLines(saying: "warning: the classes look exchanged") == count)
                #expect(outcome.errorLines(saying: "exchange the files of --sources and --noise") == count)
            }
        }

        @Test func moreThreadsThanProcessorsAreNoticed() throws {
            let threads = ProcessInfo.processInfo.processorCount + 1
            let outcome = try trained(
                "train --data \(survey.folder) --model simple --epochs 1 --threads \(threads)"
                    + " --batch-size full --output \(workspace.path("run"))"
            )
            #expect(outcome.errorLines(saying: "runs \(threads) threads on ") == 1)
            #expect(outcome.errorLines(saying: "use --threads ") == 1)
        }

        @Test func moreLanesThanMicrobatchesAreNoticedOnce() throws {
            let outcome = try trained(
                "train --data \(survey.folder) --model simple --epochs 1 --threads 1 --batch-size 64"
                    + " --microbatch 64 --output \(workspace.path("run"))",
                ranks: 2)
            #expect(outcome.errorLines.count == 1)
            #expect(outcome.errorLines(saying: "2 lanes (ranks × threads) share 1 microbatch, ") == 1)
        }

        @Test(arguments: [("1,0,0", [1000, 0, 0]), ("0.8,0,0.2", [800, 0, 200]), ("0.8,0.2,0", [800, 200, 0])])
        func partsOfTheSplitMayBeEmpty(_ split: String, _ counts: [Int]) throws {
            let run = workspace.path("run")
            try trained(
                "train --data \(survey.folder) --model simple --epochs 1 --split \(split) --output \(run)", ranks: 2)
            let settings = try #require(try json(text("\(run)/config.json"))["settings"] as? [String: Any])
            #expect(["training", "validation", "test"].map { settings["\($0)_stamps"] as? Int } == counts)
            let row = try text("\(run)/history.csv").split(separator: "\n")[1]
                .split(separator: ",", omittingEmptySubsequences: false)
            #expect(row[3].isEmpty == (counts[1] == 0) && row[4].isEmpty == (counts[1] == 0))
            #expect(exists("\(run)/metrics.json") == (counts[2] > 0))
            #expect(exists("\(run)/test_predictions.csv") == (counts[2] > 0))
            #expect(exists("\(run)/model.safetensors"))
        }
    }
}
