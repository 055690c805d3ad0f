import TestSupport
import Testing

extension TrainerCommandTests {
    @Suite struct LostRankTests {
        /// Rank 2 is killed once there is a checkpoint; the others, which wait for it, must not wait for ever.
        @Test func aRankThatIsKilledEndsTheJobAndTheRunCanGoOn() throws {
            let workspace = try TemporaryFolder()
            let data = try Survey.shared().folder
            let run = workspace.path("run")
            let line = "train --data \(data) --model simple --batch-size 64 --threads 1 --output \(run)"
            let endless = "\(line) --epochs 1000000"
            let program = try path(ofProgram: "swift-run-trainer")
            let killer =
                "(until ls \(run)/checkpoints/step-* >/dev/null 2>&1; do sleep 0.05; done; kill -9 $$)"
                + " & exec \(program) \(endless)"
            let ranks = [":", "-n", "1", program] + endless.split(separator: " ").map(String.init)
            let outcome = try trainer(
                endless.split(separator: " ").map(String.init) + ranks + [":", "-n", "1", "sh", "-c", killer], ranks: 1,
                timeout: 40)
            #expect(outcome.status == 128 + 9)
            #expect(outcome.standardError.contains("rank 2"))
            #expect(!exists("\(run)/model.safetensors"))

            let history = try text("\(run)/history.csv").split(separator: "\n")
            let epochs = history.count
            try trained("\(line) --epochs \(epochs + 1) --resume")
            try trained(
                "train --data \(data) --model simple --batch-size 64 --output \(workspace.path("whole"))"
                    + " --epochs \(epochs + 1)"
            )
            #expect(try RunResult(run).differences(from: RunResult(workspace.path("whole"))) == [])
        }
    }
}
