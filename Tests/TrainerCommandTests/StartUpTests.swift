import Foundation
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    /// What a run asks of the file system before its first step, however many ranks it has.
    @Suite struct StartUpTests {
        private let workspace: TemporaryFolder

        init() throws { workspace = try TemporaryFolder() }

        /// Files of `each` stamps of 5×5 pixels, of a class whose name begins their names.
        private func write(_ count: Int, of each: Int, _ name: String, brightness: Float) throws {
            for number in 0..<count {
                let pixels = (0..<each * 25).map { pixel in
                    Float((pixel * 7 + number * 31) % 101) + (pixel % 25 == 12 ? brightness : 0)
                }
                try NpyFile.write(floats: pixels, shape: [each, 5, 5], to: workspace.path("\(name)\(number).npy"))
            }
        }

        private func line(_ count: Int, _ options: String) -> String {
            func files(_ name: String) -> String {
                (0..<count).map { workspace.path("\(name)\($0).npy") }.joined(separator: " ")
            }
            return "train --sources \(files("s")) --noise \(files("n")) --model simple --epochs 1 --batch-size 8"
                + " --microbatch 2 --threads 1 --verbose \(options)"
        }

        /// What the line that tells of files opened and bytes read says.
        private func counts(_ line: String, ranks: Int) throws -> Counts {
            let outcome = try trainer(line + " --output \(workspace.path("run-\(ranks)"))", ranks: ranks)
            try #require(outcome.status == 0, "\(outcome.standardError)")
            let line = try #require(outcome.errorLines.first { $0.contains("the first rank opened ") })
            let numbers = line.split { !$0.isNumber }.compactMap { Int($0) }.suffix(5)
            try #require(numbers.count == 5)
            return Counts(numbers: Array(numbers))
        }

        private struct Counts {
            let numbers: [Int]
            var opensOfFirst: Int { numbers[0] }
            var opensOfOther: Int { numbers[1] }
            var opens: Int { numbers[2] }
            var bytes: Int { numbers[4] }
        }

        /// Rank 0 looks at each file's header; another rank opens the files of which it reads stamps, and reads those.
        @Test(arguments: [1, 2, 4]) func eachRankOpensWhatItReads(ranks: Int) throws {
            let perClass = 40
            try write(perClass, of: 1, "s", brightness: 90)
            try write(perClass, of: 1, "n", brightness: 0)
            let counts = try counts(line(perClass, ""), ranks: ranks)
            let (files, stampBytes, headerBytes) = (2 * perClass, 100, 228)
            #expect(counts.opensOfFirst == files)
            // Strata, the parts for validation and test: each of them may be a microbatch from equal.
            #expect(counts.opensOfOther <= (ranks == 1 ? 0 : files / ranks + 3 * 2))
            #expect(counts.opens <= 2 * files)
            #expect(counts.bytes == files * (stampBytes + headerBytes))
        }

        /// Where a rank reads one file in many, its bytes are read once by all ranks together, but for what lies
        /// between.
        @Test func aSharedFileIsReadByRange() throws {
            let each = 200
            try write(1, of: each, "s", brightness: 90)
            try write(1, of: each, "n", brightness: 0)
            let counts = try counts(line(1, ""), ranks: 4)
            #expect(counts.opensOfFirst == 2 && counts.opensOfOther == 2 && counts.opens == 8)
            #expect(counts.bytes < 2 * (2 * each * 100 + 2 * 4096))
        }

        /// What cannot be read by parts goes from rank 0 to all.
        @Test func deflatedStampsGoToAllRanks() throws {
            let deflated = ReferenceValues.path("numpy/repetitive.npz")
            let survey = try Survey.shared()
            let files = "--sources \(survey.sources) --noise \(deflated) \(survey.noise)"
            for ranks in [1, 3] {
                try trained(
                    "train \(files) --skip-bad --model simple --epochs 1 --batch-size 32 --microbatch 4 --threads 1 --quiet"
                        + " --normalize none --output \(workspace.path("run-\(ranks)"))", ranks: ranks)
            }
            #expect(
                try RunResult(workspace.path("run-3")).differences(from: RunResult(workspace.path("run-1"))) == [])
        }

        /// A model file is read by rank 0 alone, and all ranks begin with its weights.
        @Test func aModelFileGoesToAllRanks() throws {
            let survey = try Survey.shared()
            let model = "\(try survey.run())/model.safetensors"
            for ranks in [1, 2] {
                try trained(
                    "train --data \(survey.folder) --model \(model) --normalize mean --epochs 1 --threads 1"
                        + " --output \(workspace.path("run-\(ranks)"))", ranks: ranks)
            }
            #expect(
                try RunResult(workspace.path("run-2")).differences(from: RunResult(workspace.path("run-1"))) == [])
        }
    }
}
