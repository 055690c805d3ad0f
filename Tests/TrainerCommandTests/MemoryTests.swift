import Foundation
import TestSupport
import Testing

extension TrainerCommandTests {
    /// `--memory`: stamps that do not fit are read ahead of each step, and nothing else is different.
    @Suite struct MemoryTests {
        private let workspace: TemporaryFolder
        private let survey: Survey
        private let run: String

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
            run = workspace.path("run")
        }

        private func line(_ options: String) -> String { "train --data \(survey.folder) \(Survey.recipe) \(options)" }

        /// 700 training and 100 validation stamps of 1764 bytes, of which a rank may keep hardly any.
        @Test(arguments: [1, 3]) func anyRanksInLittleMemoryHaveTheSameBits(ranks: Int) throws {
            try trained(line("--epochs 2 --threads 2 --memory 64K --output \(run)"), ranks: ranks)
            #expect(try RunResult(run).differences(from: RunResult(survey.run())) == [])
            let record = try json(text("\(run)/config.json"))
            #expect(record["memory"] as? String == "64K")
            // It goes on with another amount.
            try trained(line("--epochs 4 --threads 1 --memory 1M --resume --output \(run)"), ranks: 2)
            #expect(try RunResult(run).differences(from: RunResult(survey.longRun())) == [])
        }

        @Test(arguments: ["100K", "600K", "100M"]) func stampsTakeNoMoreThanIsAllowed(memory: String) throws {
            let outcome = try trainer(line("--epochs 1 --threads 2 --verbose --memory \(memory) --output \(run)"))
            let line = try #require(outcome.errorLines.first { $0.contains("stamps take at most ") })
            let words = line.split(separator: " ")
            let taken = try #require(words.first { $0.hasSuffix("K") }.flatMap { Int($0.dropLast()) })
            let allowed = memory == "100M" ? 100 << 10 : try #require(Int(memory.dropLast()))
            #expect(taken <= allowed && taken > min(allowed, 1378) * 3 / 4)
            #expect(line.contains("read ahead") == (memory != "100M"))
        }

        @Test(arguments: ["0", "8X", "-1", "1.5G", "G"]) func whatIsNoAmountIsRefused(memory: String) throws {
            expectError(try trainer(line("--memory \(memory) --output \(run)")), 64, saying: "--memory")
            #expect(!exists(run))
        }

        @Test(arguments: [nil, 2]) func tooLittleNamesTheLeastThatWorks(ranks: Int?) throws {
            let outcome = try trainer(line("--threads 1 --memory 10K --output \(run)"), ranks: ranks)
            // Two microbatches of eight stamps.
            expectError(outcome, 64, saying: "--memory 10K: is too little", "give at least 28K")
            #expect(!exists(run))
            try trained(line("--epochs 1 --threads 1 --memory 28K --output \(run)"), ranks: ranks)
        }

        /// What is deflated cannot be read by parts.
        @Test func deflatedFilesCountAndAreNamed() throws {
            let deflated = ReferenceValues.path("numpy/repetitive.npz")
            try #require(exists(deflated))
            let outcome = try trainer(
                "train --sources \(deflated) --noise \(survey.noise) --model simple --memory 60K --threads 1"
                    + " --skip-bad --output \(run)")
            expectError(outcome, 64, saying: "unpack \(deflated) to .npy")
        }

        /// A file that is cut off while ranks read it ends the run with one line, and the last checkpoint stays.
        @Test func aFileThatIsCutOffWhileARunReadsItEndsIt() throws {
            let copy = try workspace.copy(survey.folder, to: "data")
            let program = try path(ofProgram: "swift-run-trainer")
            let options = "\(Survey.recipe) --epochs 1000000 --threads 1 --memory 64K --no-report"
            let mpirun = TestLauncher.usual.command.joined(separator: " ")
            let outcome = try shell(
                script: """
                    (until ls \(run)/checkpoints/step-*; do sleep 0.02; done; truncate -s 1000 \(copy)/stamps_noise.npy) \
                    >/dev/null 2>&1 &
                    exec \(mpirun) -n 2 \(program) train --data \(copy) \(options) --quiet --output \(run)
                    """)
            expectError(
                outcome, 65, saying: "stamps_noise.npy", "is 1000 bytes long and was", "leave them alone")
            #expect(try !names(in: "\(run)/checkpoints").filter { $0.hasPrefix("step-") }.isEmpty)
        }
    }
}
