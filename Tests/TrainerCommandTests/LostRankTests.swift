import TestSupport
import Testing

extension TrainerCommandTests {
    @Suite struct LostRankTests {
        /// A shell that a job has started keeps its variables.
        @Test(arguments: [
            "OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_RANK=1", "PMI_SIZE=3 PMI_RANK=2",
            "SLURM_STEP_NUM_TASKS=2 SLURM_PROCID=1",
        ])
        func whatALauncherHasLeftIsNamed(variables: String) throws {
            let program = try path(ofProgram: "swift-run-trainer")
            for line in ["summary", "train --bogus"] {
                let outcome = try shell(script: "\(variables) exec \(program) \(line)")
                expectError(outcome, 64, saying: " is set, but ", "it seems to be left over from another job; unset")
            }
            let help = try shell(script: "\(variables) exec \(program) --help")
            #expect(help.status == 0 && help.standardOutput.contains("USAGE"))
        }

        /// Rank 2 is killed once there is a checkpoint; the others, which wait for it, must not wait for ever.
        @Test(arguments: TestLauncher.installed)
        func aRankThatIsKilledEndsTheJobAndTheRunCanGoOn(launcher: TestLauncher) throws {
            let workspace = try TemporaryFolder()
            let data = try Survey.shared().folder
            let run = workspace.path("run")
            let line = "train --data \(data) \(Survey.plain) --batch-size 64 --threads 1 --output \(run)"
            let endless = "\(line) --epochs 1000000"
            let program = try path(ofProgram: "swift-run-trainer")
            let killer =
                "(until ls \(run)/checkpoints/step-* >/dev/null 2>&1; do sleep 0.05; done; kill -9 $$)"
                + " & exec \(program) \(endless)"
            let ranks = [":", "-n", "1", program] + endless.split(separator: " ").map(String.init)
            let outcome = try trainer(
                endless.split(separator: " ").map(String.init) + ranks + [":", "-n", "1", "sh", "-c", killer], ranks: 1,
                launcher, timeout: 40)
            #expect(outcome.status == launcher.status(ofSignal: 9))
            // Hydra tells of it on standard output, by the process and its host.
            let told = outcome.standardError + outcome.standardOutput
            #expect(told.contains(launcher == .openMPI ? "rank 2" : "Killed (signal 9)"))
            #expect(!exists("\(run)/model.safetensors"))

            let history = try text("\(run)/history.csv").split(separator: "\n")
            let epochs = history.count
            try trained("\(line) --epochs \(epochs + 1) --resume")
            try trained(
                "train --data \(data) \(Survey.plain) --batch-size 64 --output \(workspace.path("whole"))"
                    + " --epochs \(epochs + 1)"
            )
            #expect(try RunResult(run).differences(from: RunResult(workspace.path("whole"))) == [])
        }
    }
}
