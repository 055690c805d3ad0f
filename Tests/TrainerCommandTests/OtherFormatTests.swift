import Files
import Foundation
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    /// Files of other programs where stamps, tables or models are wanted: what they are, and what to do.
    @Suite struct OtherFormatTests {
        private let workspace: TemporaryFolder

        init() throws { workspace = try TemporaryFolder() }

        /// A file's first bytes, what it is called, and a word of the way out for stamps and for a model.
        private static let files: [(bytes: [UInt8], name: String, stamps: String, model: String)] = [
            ([0x89] + "PNG\r\n\u{1A}\n".utf8 + padding, "a picture (PNG)", "numpy.stack", "--input"),
            ([0xFF, 0xD8, 0xFF, 0xE0] + padding, "a picture (JPEG)", "numpy.stack", "--input"),
            ("PAR1".utf8 + padding, "a Parquet table", "pandas.read_parquet", "--input"),
            ([0x80, 4, 0x95] + padding, "a pickle of Python", "allow_pickle=True", "state_dict"),
            ("MATLAB 5.0 MAT-file".utf8 + padding, "a MAT-file of MATLAB", "scipy.io.loadmat", "--input"),
            (Array("1.5,2.5,3.5\n4.5,5.5,6.5\n".utf8), "a text with commas (CSV)", "delimiter=\",\"", "--input"),
            (Array("1.5 2.5 3.5\n4.5 5.5 6.5\n".utf8), "a text", "numpy.loadtxt(\"", "--input"),
            (Array("[[1.5, 2.5]]".utf8), "a text in JSON", "json.load", "safetensors"),
            (Array("<!DOCTYPE html><html>".utf8), "a web page", "download the file itself", "download the file itself"),
            (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "Git LFS", "git lfs pull", "git lfs pull"),
            ([0xFD] + "7zXZ".utf8 + padding, "packed by xz", "unxz", "unxz"),
            (padding + padding, "file", "numpy.save", ".onnx"),
            ([0x1C, 0, 0, 0] + "TFL3".utf8 + padding, "a model of TensorFlow Lite", "numpy.save", "Keras model"),
            ([UInt8](repeating: 0, count: 257) + "ustar".utf8 + padding, "a tar archive", "tar -xf", "tar -xf"),
        ]
        private static let padding = [UInt8](repeating: 0, count: 64)

        @Test func stampsInOtherFilesAreCalledWhatTheyAre() throws {
            let model = "\(try Survey.shared().run())/model.safetensors"
            for (number, file) in Self.files.enumerated() {
                let path = workspace.path("file-\(number).npy")
                try write(file.bytes, to: path)
                let outcome = try trainer("predict --model \(model) --input \(path) --csv \(workspace.path("p.csv"))")
                expectError(outcome, 65, saying: "error: \(path): ", file.name, file.stamps)
                #expect(!exists(workspace.path("p.csv")))
            }
        }

        @Test func soAreModels() throws {
            for (number, file) in Self.files.enumerated() {
                let path = workspace.path("file-\(number)")
                try write(file.bytes, to: path)
                expectError(
                    try trainer("summary --model \(path)"), 64, saying: "error: \(path): ", file.name, file.model)
            }
            let stamps = try Survey.shared().noise
            expectError(try trainer("summary --model \(stamps)"), 64, saying: "an array of numpy", "--input")
        }

        /// A model where stamps are wanted, and the other way round.
        @Test func aModelIsNoStamps() throws {
            let model = "\(try Survey.shared().run())/model.safetensors"
            expectError(
                try trainer("predict --model \(model) --input \(model) --csv \(workspace.path("p.csv"))"), 65,
                saying: ".safetensors", "--model")
        }

        @Test func filesOfARunAreNotTakenForItsModel() throws {
            let run = try Survey.shared().run()
            expectError(
                try trainer("summary --model \(run)/config.json"), 64, saying: "records of its settings",
                "of the run, \(run)")
            expectError(
                try trainer("summary --model \(run)/checkpoints"), 66, saying: "of a run's checkpoints",
                "step-22/model.safetensors")
            let prediction = "predict --model \(run) --csv \(workspace.path("p.csv")) --input"
            expectError(try trainer("\(prediction) \(run)/model.keras"), 65, saying: "is a model of Keras", "--model")
        }

        /// An archive with members of zeros.
        private func archive(_ name: String, _ members: [String]) throws {
            var archive = ZipWriter(try AtomicFile(workspace.path(name)))
            for member in members {
                try [UInt8](repeating: 0, count: 600).withUnsafeBytes { try archive.append(member, $0) }
            }
            try archive.finish()
        }

        @Test func archivesAreLookedInto() throws {
            try archive("arrays.npz", ["a.npy", "b.npy"])
            try archive("script.pt", ["net/data/0", "net/data.pkl", "net/code/__torch__/net.py"])
            try archive("other.zip", ["picture.png"])
            for (name, words, way) in [
                ("arrays.npz", "numpy's arrays (.npz)", "--input"),
                ("script.pt", "a program of TorchScript", "state_dict"),
                ("other.zip", "a zip archive with picture.png in it", ".safetensors"),
            ] {
                let outcome = try trainer("summary --model \(workspace.path(name))")
                expectError(outcome, name.hasSuffix(".pt") ? 65 : 64, saying: words, way)
            }
        }

        @Test func tablesInOtherFilesAreCalledWhatTheyAre() throws {
            let survey = try Survey.shared()
            let files: [(name: String, bytes: [UInt8], words: String, way: String)] = [
                ("t.parquet", "PAR1".utf8 + Self.padding, "a Parquet table", "pandas.read_parquet"),
                ("t.fits", "SIMPLE  =                    T".utf8 + Self.padding, "a FITS file", "astropy.table"),
                ("t.tsv", Array("id\tlabel\n1\t2\n".utf8), "a text", "sep=None"),
                ("t.json", Array("{\"label\": [1]}".utf8), "a text in JSON", "read_json"),
                ("t.dat", Array("id,label\n1,2\n".utf8), "CSV", "ends in .csv"),
            ]
            for file in files {
                let path = workspace.path(file.name)
                try write(file.bytes, to: path)
                for (option, value) in [("--labels", "\(path):label"), ("--ids", path), ("--features", path)] {
                    let stamps = option == "--labels" ? "--stamps \(survey.noise)" : "--data \(survey.folder)"
                    expectError(
                        try trainer("train \(stamps) \(option) \(value) --output \(workspace.path("run"))"), 64,
                        saying: "error: \(option) \(value): ", file.words, file.way)
                }
            }
            for (name, bytes, words) in [
                ("semicolons", Array("id;label\n1;2\n".utf8), "semicolons"),
                ("tabs", Array("id\tlabel\n1\t2\n".utf8), "tabs"),
                ("picture", [0x89] + "PNG".utf8 + Self.padding, "a picture (PNG)"),
                ("parquet", "PAR1".utf8 + Self.padding, "a Parquet table"),
            ] {
                let path = workspace.path("\(name).csv")
                try write(bytes, to: path)
                expectError(
                    try trainer(
                        "train --stamps \(survey.noise) --labels \(path):label --output \(workspace.path("run"))"),
                    65, saying: "error: \(path): ", words)
            }
        }

        @Test func foldersWithStampsInOtherFilesSayWhichOnesTheyAre() throws {
            let folder = workspace.path("data")
            func expectRefusal(_ status: Int32, _ words: String...) throws {
                let outcome = try trainer("train --data \(folder) --output \(workspace.path("run"))")
                expectError(outcome, status)
                for word in words { #expect(outcome.standardError.contains(word), "\(outcome.standardError)") }
            }
            try expectRefusal(66, "there is no folder \(folder)")
            try write(Array("x".utf8), to: folder)
            try expectRefusal(64, "is a file, not a folder", "--sources")
            try FileAccess.remove(folder)
            try FileAccess.makeFolders(folder)
            try write(Array("Pictures of 2024.\n".utf8), to: "\(folder)/README.txt")
            try write([0x89] + "PNG".utf8 + Self.padding, to: "\(folder)/1.png")
            try expectRefusal(65, "\(folder)/1.png", "a picture (PNG)", "numpy.stack")
            try FileAccess.remove(folder)
            try FileAccess.makeFolders("\(folder)/noise")
            try FileAccess.makeFolders("\(folder)/source")
            for name in ["noise", "source"] {
                try write([0x89] + "PNG".utf8 + Self.padding, to: "\(folder)/\(name)/1.png")
            }
            try expectRefusal(65, "noise/1.png", "a picture (PNG)", "numpy.stack")
            try write("PAR1".utf8 + Self.padding, to: "\(folder)/stamps_noise.parquet")
            try expectRefusal(65, "stamps_noise.parquet", "a Parquet table", "pandas.read_parquet")
        }

        /// The parser of TOML ends the program at some of these.
        @Test(arguments: ["[[[0.5, 1.5]]]", "{\"a\": 1}", "<html>", "[table]\na = 1\n"])
        func aSearchSpaceInAnotherFormatIsRefused(_ text: String) throws {
            let path = workspace.path("space.toml")
            try write(Array(text.utf8), to: path)
            expectError(
                try trainer("tune --space \(path) --data \(Survey.shared().folder) --output \(workspace.path("s"))"),
                65,
                saying: "error: \(path): is no TOML", "learning-rate =")
        }
    }
}
