import Foundation
import TestSupport
import Testing

extension TrainerCommandTests {
    @Suite struct VerbosityTests {
        private let workspace: TemporaryFolder
        private let data: String

        init() throws {
            workspace = try TemporaryFolder()
            data = try Survey.shared().folder
        }

        private var train: String {
            "train --data \(data) \(Survey.plain) --epochs 1 --output \(workspace.path("run"))"
        }

        @Test func quietRunsSayNothing() throws {
            let outcome = try trained("\(train) --recipe survey --quiet")
            #expect(outcome.standardOutput == "" && outcome.standardError == "")
            #expect(exists(workspace.path("run/metrics.json")))
        }

        @Test func quietRunsStillTellErrors() throws {
            expectError(
                try trainer("\(train) --quiet --epochs 0"), 64, saying: "--epochs 0")
        }

        @Test func verboseRunsTellFilesSizesAndThePlan() throws {
            let outcome = try trainer("\(train) --verbose --batch-size 64 --microbatch 8", ranks: 2)
            #expect(outcome.status == 0)
            for words in [
                "\(data)/stamps_sources.npy", "1000 stamps of 21×21, 500 noise, 500 source",
                "700 stamps for training, 100 for validation, 200 for the test",
                "11 steps an epoch, batches of 64 in 8 microbatches of up to 8, on 2 ranks",
            ] {
                #expect(outcome.errorLines(saying: words) == 1, "\(words)\n\(outcome.standardError)")
            }
            let time = #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} /#
            for line in outcome.errorLines + outcome.standardOutput.split(separator: "\n").prefix(2) {
                #expect(line.prefixMatch(of: time) != nil, "\(line)")
            }
        }

        @Test func aRunThatNobodyWatchesSaysWhatItIsAndThenItsEpochs() throws {
            let outcome = try trained("\(train) --batch-size 64 --microbatch 8 --threads 1", ranks: 2)
            let lines = outcome.standardOutput.split(separator: "\n")
            let start =
                "training simple in \(workspace.path("run")): 1 epoch of 11 steps, 700 stamps, 2 ranks × 1 thread"
            #expect(lines[0].hasPrefix("\(start) on ") && lines[0].hasSuffix(" (rank 0)"), "\(lines[0])")
            #expect(lines[1].hasPrefix("Epoch 1/1 - "))
            let resumed = try trained(
                "\(train.replacing("--epochs 1", with: "--epochs 2")) --batch-size 64 --microbatch 8 --threads 1 --resume"
            )
            #expect(
                resumed.standardOutput.contains(
                    ": 2 epochs of 11 steps, of which 11 steps are done, 700 stamps, 1 rank"))
        }

        /// On a terminal of script(1)'s, whose bar is not full when the signal comes.
        @Test(.enabled(if: (try? shell(script: "script --version").status) == 0, "needs script(1)"))
        func theMessageOfAStopStandsOnALineOfItsOwn() throws {
            let program = try path(ofProgram: "swift-run-trainer")
            let run = workspace.path("run")
            let endless = train.replacing("--epochs 1", with: "--epochs 1000000")
            let sender = "(until ls \(run)/checkpoints/step-*; do sleep 0.02; done; kill -INT $$) >/dev/null 2>&1 &"
            let command = "\(sender) exec \(program) \(endless) --batch-size 1 --threads 1"
            let outcome = try shell(
                script: "TERM=xterm NO_COLOR=1 script -qec '\(command) --checkpoint-every 100steps' /dev/null")
            #expect(outcome.status == 75)
            let lines = outcome.standardOutput.split(whereSeparator: \.isNewline)
            #expect(
                lines.count { $0.hasPrefix("stopped: SIGINT: stopped with the checkpoint ") } == 1, "\(lines.suffix(3))"
            )
        }

        @Test func quietDoesNotGoWithVerbose() throws {
            expectError(try trainer("\(train) --quiet --verbose"), 64, saying: "--quiet", "--verbose")
        }

        /// A warning (more lanes than microbatches) on a terminal of script(1)'s.
        @Test(
            .enabled(if: (try? shell(script: "script --version").status) == 0, "needs script(1)"),
            arguments: [
                ("TERM=xterm", true), ("TERM=xterm NO_COLOR=1", false), ("TERM=xterm NO_COLOR=", true),
                ("TERM=dumb", false), ("TERM=dumb CLICOLOR_FORCE=1", true), ("CLICOLOR_FORCE=1 NO_COLOR=1", false),
            ])
        func warningsHaveColourOnlyWhereItIsWanted(_ variables: String, _ isColoured: Bool) throws {
            let program = try path(ofProgram: "swift-run-trainer")
            let command = "\(variables) \(program) \(train) --threads 2 --batch-size 8 --microbatch 8"
            let outcome = try shell(script: "env -u NO_COLOR -u CLICOLOR_FORCE script -qec '\(command)' /dev/null")
            #expect(outcome.standardOutput.contains("warning:"))
            #expect(outcome.standardOutput.contains("\u{1B}[1;33mwarning:\u{1B}[0m") == isColoured)
        }

        @Test func filesHaveNoColours() throws {
            let outcome = try trained("\(train) --threads 2 --batch-size 8 --microbatch 8")
            #expect(outcome.errorLines(saying: "warning: ") > 0 && !outcome.standardError.contains("\u{1B}"))
        }
    }
}
