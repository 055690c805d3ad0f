import Files
import Foundation
import Glibc
import TestSupport
import Testing

extension TrainerCommandTests {
    /// What an ordinary user may not read or write is never said to be missing. Root, who may do everything, runs the
    /// program as nobody.
    @Suite(.enabled(if: OrdinaryUser.isPossible, "needs setpriv and a program that others may run, as root"))
    struct PermissionTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
            for folder in [
                workspace.path, survey.folder, URL(fileURLWithPath: survey.folder).deletingLastPathComponent().path,
            ] { try allow(0o755, folder) }
        }

        private func allow(_ mode: Int, _ path: String) throws {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }

        private func ordinary(_ line: String) throws -> ProgramOutcome {
            guard geteuid() == 0 else { return try trainer(line) }
            return try OrdinaryUser.run(line)
        }

        /// A folder or file with a mode of its own while `body` runs; then it can be removed again.
        private func with(_ mode: Int, _ path: String, _ body: () throws -> Void) throws {
            try allow(mode, path)
            defer { try? allow(0o755, path) }
            try body()
        }

        @Test func inputsInAClosedFolderAreNotSaidToBeMissing() throws {
            let folder = try workspace.copy(survey.folder, to: "closed")
            let run = try workspace.copy(survey.run(), to: "closed/run")
            let output = workspace.path("out")
            try with(0, folder) {
                for (line, file) in [
                    ("train --data \(folder) --output \(output)", "\(folder)/stamps_noise.npy"),
                    ("predict --model \(run) --input \(survey.noise) --csv \(output)", "\(run)"),
                    ("summary --model \(run)/model.safetensors", "\(run)/model.safetensors"),
                    ("train --sources \(survey.sources) --noise \(folder)/stamps_noise.npy --output \(output)", folder),
                    ("train --stamps \(survey.noise) --labels \(folder)/table.csv:object --output \(output)", folder),
                    ("predict --model \(try survey.run()) --input \(folder)/*.npy --csv \(output)", folder),
                    ("report --run \(run)", run), ("status \(run)", run), ("evaluate --run \(run)", run),
                ] {
                    let outcome = try ordinary(line)
                    expectError(outcome, 66, saying: file, "without permission to enter it", "ls -ld \(folder)")
                    #expect(!outcome.standardError.contains("there is no") && !outcome.standardError.contains("exist"))
                }
            }
        }

        @Test func aFileThatMayNotBeReadIsThere() throws {
            let noise = workspace.path("noise.npy")
            try write(bytes(survey.noise), to: noise)
            try with(0, noise) {
                let outcome = try ordinary(
                    "train --sources \(survey.sources) --noise \(noise) --output \(workspace.path("run"))")
                expectError(outcome, 66, saying: "error: \(noise): is there, but without permission to read it")
            }
        }

        @Test func aFolderThatMayNotBeWrittenSaysWhoMay() throws {
            let folder = workspace.path("locked")
            try FileAccess.makeFolders(folder)
            try with(0o555, folder) {
                for line in [
                    "simulate --sources 5 --noise 5 --output \(folder)/data",
                    "train --data \(survey.folder) --model simple --batch-size 64 --output \(folder)/run",
                ] {
                    expectError(
                        try ordinary(line), 74, saying: "cannot be written (Permission denied)", "ls -ld \(folder)")
                }
            }
        }
    }
}

/// Who may not do everything: whoever runs the tests, or nobody in the place of root.
private enum OrdinaryUser {
    static var isPossible: Bool { geteuid() != 0 || (try? run("--version"))?.status == 0 }

    static func run(_ line: String) throws -> ProgramOutcome {
        let program = try path(ofProgram: "swift-run-trainer")
        return try shell(
            script: "cd / && exec setpriv --reuid=65534 --regid=65534 --clear-groups \(program) \(line)", timeout: 60)
    }
}
