import Foundation
import TestSupport
import Testing

extension TrainerCommandTests {
    @Suite struct StalledRankTests {
        /// Rank 1 never starts MPI.
        @Test(arguments: TestLauncher.installed) func aRankThatDoesNotStartEndsTheJob(launcher: TestLauncher) throws {
            let workspace = try TemporaryFolder()
            let words = "train --data \(try Survey.shared().folder) --stall-timeout 2 --output \(workspace.path("run"))"
                .split(separator: " ").map(String.init)
            let others = [":", "-n", "1", "sleep", "1000", ":", "-n", "1", try path(ofProgram: "swift-run-trainer")]
            let outcome = try trainer(words + others + words, ranks: 1, launcher, timeout: 40)
            #expect(launcher.mayReturn(outcome.status, ofRankThatLeft: 70))
            #expect(outcome.errorLines(saying: "error: ") == 1, "\(outcome.standardError)")
            let told = /error: rank 0 on \S+: has waited 2 seconds in MPI_Init_thread for ranks .+; .+--stall-timeout/
            #expect(outcome.standardError.contains(told), "\(outcome.standardError)")
        }

        /// Rank 1 is stopped (SIGSTOP) in the midst of training, and its threads with it.
        @Test(arguments: TestLauncher.installed)
        func aRankThatStopsAnsweringIsNamedAndEndsTheJob(launcher: TestLauncher) throws {
            let workspace = try TemporaryFolder()
            let run = workspace.path("run")
            let program = try path(ofProgram: "swift-run-trainer")
            let line =
                "train --data \(try Survey.shared().folder) \(Survey.recipe) --threads 1 --epochs 1000000"
                + " --stall-timeout 3 --output \(run)"
            // The shell becomes the rank: its number is the rank's.
            let stopped =
                "(until ls \(run)/checkpoints/step-* >/dev/null 2>&1; do sleep 0.05; done;"
                + " echo $$ >\(workspace.path("stopped")); kill -STOP $$) & exec \(program) \(line)"
            let words = line.split(separator: " ").map(String.init)
            let others = [":", "-n", "1", "sh", "-c", stopped, ":", "-n", "1", program] + words
            let outcome = try trainer(words + others, ranks: 1, launcher, timeout: 40) {
                for path in [run, workspace.path("stopped")] { try FileManager.default.removeItem(atPath: path) }
            }

            #expect(launcher.mayReturn(outcome.status, ofRankThatLeft: 70))
            #expect(outcome.errorLines.count == 1, "\(outcome.standardError)")
            #expect(
                outcome.standardError.contains(
                    /^error: rank 1 on \S+: has not answered for 3 seconds \(rank 0 on \S+ waits in MPI_\w+\); .+--resume/
                ))
            #expect(exists("\(run)/checkpoints"))
            let process = try text(workspace.path("stopped")).trimmingCharacters(in: .whitespacesAndNewlines)
            // mpirun has killed it by then, but need not have seen it end.
            for _ in 0..<100 where exists("/proc/\(process)") { usleep(100_000) }
            #expect(!exists("/proc/\(process)"))
        }
    }
}
