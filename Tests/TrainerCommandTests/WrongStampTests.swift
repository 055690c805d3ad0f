import Foundation
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    /// Files that are not what training needs: one line that names the file, and nothing left behind.
    @Suite struct WrongStampTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        private func train(noise: String, _ options: String = "", ranks: Int? = nil) throws -> (String, Int32) {
            let output = workspace.path("deep/run")
            let outcome = try trainer(
                "train --sources \(survey.sources) --noise \(noise) --model simple --epochs 1"
                    + " --output \(output) \(options)",
                ranks: ranks)
            expectError(outcome, outcome.status)
            #expect(!exists(workspace.path("deep")))
            return (outcome.standardError, outcome.status)
        }

        @Test func aMissingFolderOrFileIsNamed() throws {
            let missing = workspace.path("missing")
            let folder = try trainer("train --data \(missing) --output \(workspace.path("run"))")
            expectError(folder, 66, saying: "error: \(missing)/stamps_noise.npy: ", "--data")
            #expect(!exists(workspace.path("run")))
            #expect(try train(noise: "\(missing).npy") == train(noise: "\(missing).npy", ranks: 2))
            let (error, status) = try train(noise: "\(missing).npy")
            #expect(status == 66 && error.hasPrefix("error: \(missing).npy: there is no such file"))
        }

        /// Header texts and lengths: a header that claims 32 GiB must be refused before anything is allocated.
        enum Damage: String, CaseIterable {
            case empty, text, truncated, lying, objects, noStamps, otherSize, notSquare

            func words(_ survey: Survey) -> String {
                switch self {
                case .empty: "is empty"
                case .text: "is not a .npy file"
                case .truncated: "is truncated"
                case .lying: "takes 34360031664 bytes and only 0 follow"
                case .objects: "holds Python objects"
                case .noStamps: "holds no stamps"
                case .otherSize: "25×25"
                case .notSquare: "not one of stamps"
                }
            }

            func make(_ path: String, _ survey: Survey) throws {
                switch self {
                case .empty: try write([], to: path)
                case .text: try write(Array(repeating: UInt8(ascii: "x"), count: 200), to: path)
                case .truncated: try write(Array(bytes(survey.noise).prefix(5000)), to: path)
                case .lying: try write(Self.npy("'<f4'", "(19478476, 21, 21)"), to: path)
                case .objects: try write(Self.npy("'|O'", "(3,)") + [0x80, 4, 0x2E], to: path)
                case .noStamps: try NpyFile.write(floats: [], shape: [0, 21, 21], to: path)
                case .otherSize: try write(bytes(Survey.large().noise), to: path)
                case .notSquare:
                    try NpyFile.write(floats: [Float](repeating: 1, count: 40), shape: [4, 10], to: path)
                }
            }

            private static func npy(_ type: String, _ shape: String) -> [UInt8] {
                let header = "{'descr': \(type), 'fortran_order': False, 'shape': \(shape), }\n"
                return [0x93] + "NUMPY".utf8 + [1, 0, UInt8(header.utf8.count), 0] + header.utf8
            }
        }

        @Test(arguments: Damage.allCases) func aDamagedFileIsRefused(_ damage: Damage) throws {
            let path = workspace.path("noise.npy")
            try damage.make(path, survey)
            let (error, status) = try train(noise: path)
            #expect(status == 65)
            #expect(error.contains(path) && error.contains(damage.words(survey)))
        }

        @Test func ranksThatFindTheSameReportOnce() throws {
            let path = workspace.path("noise.npy")
            try Damage.truncated.make(path, survey)
            let (error, status) = try train(noise: path, ranks: 3)
            #expect(status == 65 && error.hasPrefix("error: \(path): is truncated"))
        }

        @Test(arguments: [nil, 3]) func stampsThatCannotBeUsedAreCounted(ranks: Int?) throws {
            let (error, status) = try train(noise: survey.damagedNoise, ranks: ranks)
            #expect(status == 65)
            #expect(error.hasPrefix("error: \(survey.damagedNoise): stamp 7 "))
            #expect(error.contains("2 such stamps") && error.contains("--skip-bad"))
        }

        @Test func theyAreLeftOutOnRequestAndRecorded() throws {
            let run = workspace.path("run")
            let outcome = try trained(
                "train --sources \(survey.sources) --noise \(survey.damagedNoise) --model simple --epochs 1"
                    + " --skip-bad --output \(run)",
                ranks: 2)
            #expect(outcome.errorLines(saying: "left out 2 noise stamps and 0 source stamps") == 1)
            let record = try json(text("\(run)/config.json"))
            #expect(record["bad_stamps"] as? [String: Int] == ["noise": 2, "sources": 0])
            let settings = try #require(record["settings"] as? [String: Any])
            let parts = try ["training", "validation", "test"].map { try #require(settings["\($0)_stamps"] as? Int) }
            #expect(parts.reduce(0, +) == 2 * Survey.count - 2)
            let tested = try text("\(run)/test_predictions.csv").split(separator: "\n").dropFirst().map {
                Int($0.prefix { $0 != "," })
            }
            #expect(tested.count == parts[2] && !tested.contains(7) && !tested.contains(100))
        }

        @Test func aClassWithoutUsableStampsIsRefused() throws {
            let path = workspace.path("noise.npy")
            try NpyFile.write(floats: [Float](repeating: 1, count: 20 * Survey.pixels), shape: [20, 21, 21], to: path)
            let (error, status) = try train(noise: path, "--skip-bad")
            #expect(status == 65 && error.hasPrefix("error: --noise: "))
        }

        @Test func aSplitThatLeavesNothingToTrainOnIsRefused() throws {
            let (error, status) = try train(noise: survey.noise, "--split 0.0001,0.5,0.4999 --batch-size 1")
            #expect(status == 65 && error.hasPrefix("error: --split: "))
        }

        /// Only one rank's host misses the file: all must end, and say which rank it was.
        @Test func aFaultOfOneRankEndsAll() throws {
            let output = workspace.path("run")
            let folders = [try hosted("here", survey.folder), workspace.path, try hosted("there", survey.folder)]
            let outcome = try trainer(
                "train --data data --model simple --epochs 1 --no-report --output \(output)", inFolders: folders,
                timeout: 30)
            expectError(outcome, 66, saying: " (rank 1 on ", "there is no such file")
            #expect(!exists(output))
        }

        /// Machines that hold other files under one name: what rank 0 says of a file must be so on all.
        @Test func ranksThatFindOtherStampsAreRefused() throws {
            let (run, output) = (workspace.path("run"), workspace.path("p.npy"))
            let model = "\(try survey.run())/model.safetensors"
            let other = workspace.path("other-stamps")
            try trained("simulate --output \(other) --sources 100 --noise 90")
            let folders = [try hosted("here", survey.folder), try hosted("there", other)]
            let training = try trainer(
                "train --data data --model simple --no-report --output \(run)", inFolders: folders, timeout: 30)
            expectError(training, 65, saying: " (rank 1 on ", "bytes long and was", "give all machines the same files")
            #expect(!exists(run))
            let prediction = try trainer(
                "predict --model \(model) --input data/stamps_noise.npy --output \(output)", inFolders: folders,
                timeout: 30)
            expectError(prediction, 65, saying: "data/stamps_noise.npy (rank 1 on ", "bytes long and was")
            #expect(!exists(output))
        }

        /// A folder where `data` is what `folder` is elsewhere: a host of its own.
        private func hosted(_ name: String, _ folder: String) throws -> String {
            let host = workspace.path(name)
            try FileManager.default.createDirectory(atPath: host, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: "\(host)/data", withDestinationPath: folder)
            return host
        }
    }
}
