import Foundation
import TestSupport
import Testing

/// Makes the user root of mounts that nobody else sees.
private let namespace = "unshare --user --map-root-user --mount"
private let canMount = (try? shell(script: "\(namespace) mount -t tmpfs none /mnt").status) == 0

extension TrainerCommandTests {
    /// A disk of four megabytes (a tmpfs in a mount namespace of the test's own) that is full while the run goes on.
    @Suite(.enabled(if: canMount, "needs unshare(1), and user namespaces"))
    struct FullDiskTests {
        private let workspace: TemporaryFolder
        private let survey: Survey
        /// A copy of the run's folder, once the disk is gone.
        private let run: String
        /// How much of the disk files may fill.
        private static let size = 4 << 20

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
            run = workspace.path("run")
        }

        /// Trains on the small disk beside what the shell does meanwhile, which knows the trainer as `$trainer`, what
        /// it has said as `$said` and what fills the disk as `$filler`.
        private func train(_ options: String, meanwhile: String) throws -> ProgramOutcome {
            let program = try path(ofProgram: "swift-run-trainer")
            let script = """
                disk=\(workspace.path("disk")) said=\(workspace.path("said")) filler=$disk/filler
                mkdir $disk && mount -t tmpfs -o size=\(Self.size) none $disk || exit 99
                \(program) train --data \(survey.folder) \(Survey.recipe) --threads 1 \(options) --output $disk/run 2>$said &
                trainer=$!
                until test -e $disk/run/config.json; do sleep 0.01; done
                head -c \(2 * Self.size) /dev/zero >$filler 2>/dev/null
                \(meanwhile)
                wait $trainer
                status=$?
                cat $said >&2
                rm -f $filler
                cp -r $disk/run \(run)
                exit $status
                """
            try write(Array(script.utf8), to: workspace.path("script"))
            return try shell(script: "\(namespace) sh \(workspace.path("script"))")
        }

        @Test func trainingGoesOnAndTheExitCodeTells() throws {
            let outcome = try train("--epochs 20", meanwhile: "")
            #expect(outcome.status == 74, "\(outcome.standardError)")
            #expect(outcome.errorLines(saying: "No space left on device); ") > 1)
            #expect(outcome.errorLines(saying: "; training goes on") == outcome.errorLines.count - 1)
            #expect(outcome.errorLines.last?.hasPrefix("error: ") == true)
            let left = try contents(run).keys.filter { $0.contains(".partial") || $0.contains("step-") }
            // What the disk had room for before it was full is whole.
            #expect(left.allSatisfy { $0.hasPrefix("checkpoints/step-") }, "\(left)")
        }

        @Test func aDiskWithRoomAgainHasACheckpointToGoOnFrom() throws {
            let outcome = try train(
                "--epochs 1000000",
                meanwhile: """
                    until grep -q 'training goes on' $said; do sleep 0.01; done
                    rm $filler
                    kill -USR1 $trainer
                    """)
            #expect(outcome.status == 75, "\(outcome.standardError)")
            // The disk may have been full when the run's own history was to be written.
            let steps = try FileManager.default.contentsOfDirectory(atPath: "\(run)/checkpoints")
                .compactMap { $0.hasPrefix("step-") ? Int($0.dropFirst(5)) : nil }
            let newest = "\(run)/checkpoints/step-\(try #require(steps.max()))"
            let epochs = try text("\(newest)/history.csv").split(separator: "\n").count
            let options = "train --data \(survey.folder) \(Survey.recipe) --epochs \(epochs)"
            try trained("\(options) --resume --threads 2 --output \(run)")
            let whole = workspace.path("whole")
            try trained("\(options) --threads 1 --output \(whole)")
            #expect(try RunResult(run).differences(from: RunResult(whole)) == [])
        }
    }
}
