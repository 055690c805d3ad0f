import TestSupport
import Testing

extension TrainerCommandTests {
    /// Runs that are stopped in the midst of an epoch, each by itself or by a signal, and go on elsewhere.
    @Suite struct InterruptionTests {
        private let workspace: TemporaryFolder
        private let survey: Survey
        private let run: String
        private let program: String

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
            run = workspace.path("run")
            program = try path(ofProgram: "swift-run-trainer")
        }

        private func train(_ options: String) -> String { "train --data \(survey.folder) \(Survey.recipe) \(options)" }

        /// Runs the program in a shell, which sends it (`$$`) a signal as soon as `condition` holds.
        private func train(
            _ options: String, signal: String, when condition: String, ranks: Int? = nil,
            _ launcher: TestLauncher = .usual
        ) throws -> ProgramOutcome {
            let sender = "(until \(condition); do sleep 0.02; done; kill -\(signal) $$) >/dev/null 2>&1 &"
            let script = "\(sender) exec \(program) \(train("\(options) --output \(run)"))"
            guard let ranks else { return try shell(script: script) }
            let mpirun = "\(launcher.command.joined(separator: " ")) -n 1 sh -c '\(script)'"
            let others = ranks > 1 ? " : -n \(ranks - 1) \(program) \(train("\(options) --output \(run)"))" : ""
            return try shell(script: mpirun + others)
        }

        /// Goes on for `epochs` and compares with a run that was never stopped.
        private func expectTheSameBits(epochs: Int, _ options: String, ranks: Int?) throws {
            try trained(train("--epochs \(epochs) --resume \(options) --output \(run)"), ranks: ranks)
            let whole = workspace.path("whole")
            try trained(train("--epochs \(epochs) --threads 1 --output \(whole)"))
            #expect(try RunResult(run).differences(from: RunResult(whole)) == [])
        }

        /// The epochs of `history.csv`, which is there from the first one's end, and the one after them.
        private var epochsBegun: Int {
            get throws {
                exists("\(run)/history.csv") ? try text("\(run)/history.csv").split(separator: "\n").count : 1
            }
        }

        @Test(arguments: ["TERM", "INT", "HUP", "USR1"])
        func aSignalStopsWithACheckpointAndTheRunGoesOnWithTheSameBits(signal: String) throws {
            let outcome = try train(
                "--epochs 1000000 --threads 2", signal: signal, when: "ls \(run)/checkpoints/step-*")
            #expect(outcome.status == 75, "\(outcome.standardError)")
            #expect(outcome.errorLines.count == 1)
            #expect(outcome.errorLines(saying: "stopped: SIG\(signal): stopped with the checkpoint \(run)/") == 1)
            try expectTheSameBits(epochs: epochsBegun, "--threads 1", ranks: signal == "TERM" ? 3 : nil)
        }

        @Test(arguments: TestLauncher.installed) func aSignalToOneRankStopsAll(launcher: TestLauncher) throws {
            let outcome = try train(
                "--epochs 1000000 --threads 1", signal: "USR1", when: "ls \(run)/checkpoints/step-*", ranks: 3,
                launcher)
            #expect(outcome.status == 75, "\(outcome.standardError)")
            #expect(outcome.errorLines(saying: "stopped: SIGUSR1: ") == 1)
            try expectTheSameBits(epochs: epochsBegun, "--threads 2", ranks: nil)
        }

        /// Schedulers warn mpirun, which passes the signal on to every rank.
        @Test(arguments: TestLauncher.installed) func aSignalToTheLauncherStopsAll(launcher: TestLauncher) throws {
            let options = train("--epochs 1000000 --threads 1 --output \(run)")
            let sender =
                "(until ls \(run)/checkpoints/step-*; do sleep 0.02; done; kill -USR1 $$) >/dev/null 2>&1 &"
            let mpirun = launcher.command.joined(separator: " ")
            let outcome = try shell(script: "\(sender) exec \(mpirun) -n 3 \(program) \(options)")
            #expect(outcome.status == 75, "\(outcome.standardError)")
            #expect(outcome.errorLines(saying: "stopped: SIGUSR1: ") == 1)
            try expectTheSameBits(epochs: epochsBegun, "--threads 1", ranks: 2)
        }

        @Test func aRunThatWasKilledGoesOnFromWithinTheEpoch() throws {
            let outcome = try train(
                "--epochs 1000000 --threads 2 --checkpoint-every 4steps", signal: "KILL",
                when: "grep -q epoch_under_way \(run)/checkpoints/step-*/state.json")
            #expect(outcome.status == 128 + 9)
            try expectTheSameBits(epochs: epochsBegun + 1, "--checkpoint-every 3steps", ranks: 2)
        }

        /// Steps of a slow network, so that the second signal comes before the step is done that the first one waits
        /// for.
        @Test func theSecondInterruptStopsAtOnce() throws {
            let command =
                "\(program) train --data \(survey.folder) --model resnet50 --batch-size 400 --threads 1 --output \(run)"
            let sender =
                "(until test -e \(run)/config.json; do sleep 0.02; done; kill -INT $$; sleep 0.1; kill -INT $$) &"
            // A shell would have its background commands ignore the signal; the trainer is not one.
            let outcome = try shell(script: "\(sender) exec \(command)")
            #expect(outcome.status == 128 + 2, "\(outcome.standardError)")
            #expect(outcome.errorLines == [])
            #expect(!exists("\(run)/checkpoints"))
        }

        @Test func checkpointsWithinAnEpochComeByTheClock() throws {
            let stamps = workspace.path("stamps")
            try trained("simulate --output \(stamps) --sources 3000 --noise 3000 --seed 1")
            let options = "train --data \(stamps) --model resnet50 --batch-size 64 --threads 1 --output \(run)"
            let sender =
                "(until grep -q epoch_under_way \(run)/checkpoints/step-*/state.json; do sleep 0.1; done; kill -USR1 $$)"
            let script = "\(sender) >/dev/null 2>&1 & exec \(program) \(options) --epochs 1 --checkpoint-every 1s"
            #expect(try shell(script: script, timeout: 120).status == 75)
        }

        @Test func checkpointsEachSecondEpochAndAtTheEnd() throws {
            try trained(train("--epochs 3 --threads 2 --checkpoint-every 2epochs --output \(run)"))
            #expect(try names(in: "\(run)/checkpoints").filter { $0.hasPrefix("step-") } == ["step-22", "step-33"])
        }

        @Test func aFolderInUseIsRefused() throws {
            let second = workspace.path("second")
            let command = "\(program) \(train("--epochs 1 --resume --output \(run)")) 2>\(second)"
            let outcome = try train(
                "--epochs 1000000", signal: "USR1", when: "ls \(run)/checkpoints/step-* && ! \(command)")
            #expect(outcome.status == 75)
            #expect(try text(second).contains("--output \(run): is in use by a run (process "))
        }

        @Test(arguments: [nil, 2])
        func aLossThatIsNoNumberStopsTheRun(ranks: Int?) throws {
            let outcome = try trainer(
                "train --data \(survey.folder) \(Survey.plain) --quiet --batch-size 64 --learning-rate 1e30 --threads 1 --output \(run)",
                ranks: ranks)
            expectError(
                outcome, 65, saying: "infinite or not a number in step", "learning rate 1e+30",
                "last good checkpoint is none")
            #expect(!exists("\(run)/checkpoints"))
        }

        @Test func comparingRanksChangesNothing() throws {
            try trained(train("--epochs 2 --threads 1 --verify-every 3 --output \(run)"), ranks: 2)
            #expect(try RunResult(run).differences(from: RunResult(survey.run())) == [])
        }

        @Test(arguments: ["", "0steps", "5", "-1s", "3days"])
        func anIntervalThatIsNoneIsRefused(interval: String) throws {
            let outcome = try trainer(
                ["train", "--data", survey.folder, "--output", run, "--checkpoint-every", interval])
            expectError(outcome, 64, saying: "--checkpoint-every")
        }
    }
}
