import Faults
import Files
import Foundation
import RunRecords
import Settings
import TestSupport
import Testing

@Suite struct CheckpointTests {
    private struct Interruption: Error {}

    private func state(_ step: Int, best: Int? = nil) -> CheckpointState {
        CheckpointState(
            step: step, completedEpochs: step / 10,
            epochUnderWay: EpochUnderWay(steps: step % 10, losses: [0.1 + 0.2, 1 / 3], correct: [3, 4], seconds: 1.5),
            best: best.map { BestCheckpoint(step: $0, validationLoss: 0.1 + 0.2) },
            settings: ["--seed": "0", "--batch-size": "64"])
    }

    @discardableResult
    private func writeCheckpoint(
        _ step: Int, best: Int? = nil, keep: Int = 3, to folder: CheckpointFolder
    ) throws -> Checkpoint {
        try folder.write(state(step, best: best), keep: keep) { path in
            // "123456789" is the text whose CRC-32 every definition of it states: cbf43926.
            try write(Array("123456789".utf8), to: "\(path)/\(Checkpoint.modelName)")
            try write([UInt8](repeating: 7, count: 3_000_001), to: "\(path)/\(Checkpoint.optimizerName)")
        }
    }

    @Test func aCheckpointIsReadBackAsItWasWritten() throws {
        try withTemporaryFolder { base in
            let folder = CheckpointFolder("\(base)/checkpoints")
            #expect(try folder.newestWhole() == nil)
            let checkpoint = try writeCheckpoint(1234, to: folder)
            #expect(checkpoint.path == "\(base)/checkpoints/step-1234")
            #expect(
                try names(in: checkpoint.path) == [
                    "manifest.json", "model.safetensors", "optimizer.safetensors", "state.json",
                ])
            let whole = try #require(try folder.newestWhole())
            #expect(whole.checkpoint == checkpoint && whole.state == state(1234) && whole.skipped.isEmpty)
            #expect(try text("\(checkpoint.path)/manifest.json").contains("cbf43926"))
            #expect(try text(checkpoint.model) == "123456789")
        }
    }

    @Test(arguments: ["../step-2/other", "/dev/zero", "..", "."])
    func aManifestThatNamesAPathIsRefused(_ name: String) throws {
        try withTemporaryFolder { base in
            let folder = CheckpointFolder("\(base)/checkpoints")
            let manifest = "\(try writeCheckpoint(1, to: folder).path)/manifest.json"
            let changed = try text(manifest).replacing(Checkpoint.optimizerName, with: name)
            try write(Array(changed.utf8), to: manifest)
            let fault = #expect(throws: Fault.self) { _ = try folder.newestWhole() }
            #expect(fault?.description.contains("which is no file of a checkpoint") == true)
        }
    }

    /// A pipe would be waited for, and a device never ends.
    @Test(arguments: [Checkpoint.modelName, "state.json", "manifest.json"])
    func aCheckpointOfPipesAndDevicesIsPassedOverAtOnce(_ name: String) throws {
        try withTemporaryFolder { base in
            let folder = CheckpointFolder("\(base)/checkpoints")
            try writeCheckpoint(1, to: folder)
            let path = "\(try writeCheckpoint(2, to: folder).path)/\(name)"
            for make in [
                { mkfifo(path, 0o666) == 0 }, { symlink("/dev/zero", path) == 0 }, { mkdir(path, 0o777) == 0 },
            ] {
                try FileManager.default.removeItem(atPath: path)
                try #require(make())
                let whole = try #require(try folder.newestWhole())
                #expect(whole.checkpoint.step == 1)
                #expect(whole.skipped.map(\.reason.subject) == [path])
            }
        }
    }

    @Test func checkpointsAreSortedByNumberAndTheLastOnesKept() throws {
        try withTemporaryFolder { base in
            let folder = CheckpointFolder(base)
            for step in [8, 9, 10, 100] { try writeCheckpoint(step, to: folder) }
            #expect(try folder.all().map(\.step) == [9, 10, 100])
            try writeCheckpoint(101, keep: 1, to: folder)
            #expect(try names(in: base) == ["step-101"])
        }
    }

    @Test func theBestCheckpointOutlivesThoseThatAreKept() throws {
        try withTemporaryFolder { base in
            let folder = CheckpointFolder(base)
            for step in 1...5 { try writeCheckpoint(step, best: min(step, 2), keep: 2, to: folder) }
            #expect(try names(in: base) == ["best.json", "step-2", "step-4", "step-5"])
            #expect(
                try JSONFile.read(BestCheckpoint.self, from: "\(base)/\(CheckpointFolder.bestName)")
                    == BestCheckpoint(step: 2, validationLoss: 0.1 + 0.2))
            try writeCheckpoint(6, best: 6, keep: 2, to: folder)
            #expect(try names(in: base) == ["best.json", "step-5", "step-6"])
        }
    }

    @Test func settingsThatDifferAreNamed() {
        let begun = state(1)
        #expect(begun.differences(from: begun.settings).isEmpty)
        #expect(begun.differences(from: ["--seed": "7", "--batch-size": "64"]) == ["--seed 0 (now 7)"])
        #expect(begun.differences(from: ["--seed": "0"]) == ["--batch-size 64 (now unknown)"])
    }

    @Test func foreignAndHalfWrittenFoldersAreNoCheckpoints() throws {
        try withTemporaryFolder { base in
            for name in [".step-9.partial", "step-007", "step-", "step-x", "step--1", "notes"] {
                try FileManager.default.createDirectory(atPath: "\(base)/\(name)", withIntermediateDirectories: true)
            }
            #expect(try CheckpointFolder(base).all().isEmpty)
            #expect(try CheckpointFolder(base).newestWhole() == nil)
        }
    }

    @Test func anInterruptedWriteLeavesEarlierCheckpointsAlone() throws {
        try withTemporaryFolder { base in
            let folder = CheckpointFolder(base)
            try writeCheckpoint(1, keep: 1, to: folder)
            #expect(throws: Interruption.self) {
                try folder.write(state(2), keep: 1) { path in
                    try write([1], to: "\(path)/\(Checkpoint.modelName)")
                    throw Interruption()
                }
            }
            #expect(try names(in: base) == ["step-1"])
            #expect(try folder.newestWhole()?.state == state(1))
        }
    }

    @Test func writingIsPossibleAgainAfterACrashInTheMiddle() throws {
        try withTemporaryFolder { base in
            let folder = CheckpointFolder(base)
            try FileManager.default.createDirectory(
                atPath: "\(base)/.step-5.partial", withIntermediateDirectories: true)
            try write([1], to: "\(base)/.step-5.partial/stale.safetensors")
            let checkpoint = try writeCheckpoint(5, to: folder)
            #expect(try names(in: base) == ["step-5"])
            #expect(!exists("\(checkpoint.path)/stale.safetensors"))
        }
    }

    @Test func aCheckpointOfTheSameStepIsReplaced() throws {
        try withTemporaryFolder { base in
            let folder = CheckpointFolder(base)
            let first = try writeCheckpoint(5, to: folder)
            try write([], to: first.model)
            try writeCheckpoint(5, to: folder)
            #expect(try folder.newestWhole()?.skipped.isEmpty == true)
            #expect(try names(in: base) == ["step-5"])
        }
    }

    enum Damage: CaseIterable {
        case truncated, flippedBit, missing, truncatedManifest, flippedBitInState
    }

    private func inflict(_ damage: Damage, on checkpoint: Checkpoint) throws {
        func change(_ path: String, _ body: (inout [UInt8]) -> Void) throws {
            var content = try bytes(path)
            body(&content)
            try write(content, to: path)
        }
        switch damage {
        case .truncated: try change(checkpoint.optimizer) { $0.removeLast() }
        case .flippedBit: try change(checkpoint.optimizer) { $0[2_000_000] ^= 16 }
        case .missing: try FileManager.default.removeItem(atPath: checkpoint.model)
        case .truncatedManifest: try change("\(checkpoint.path)/manifest.json") { $0.removeLast($0.count / 2) }
        case .flippedBitInState: try change("\(checkpoint.path)/state.json") { $0[$0.count / 2] ^= 1 }
        }
    }

    @Test(arguments: Damage.allCases)
    func aDamagedCheckpointIsSkippedWithItsReason(damage: Damage) throws {
        try withTemporaryFolder { base in
            let folder = CheckpointFolder(base)
            try writeCheckpoint(1, to: folder)
            let newest = try writeCheckpoint(2, to: folder)
            try inflict(damage, on: newest)
            let whole = try #require(try folder.newestWhole())
            #expect(whole.state == state(1))
            #expect(whole.skipped.map(\.checkpoint) == [newest])
            #expect(whole.skipped[0].reason.subject.hasPrefix(newest.path))
            #expect(!whole.skipped[0].description.contains("\n"))
        }
    }

    @Test func noWholeCheckpointIsAFaultRatherThanAFreshStart() throws {
        try withTemporaryFolder { base in
            let folder = CheckpointFolder(base)
            try inflict(.flippedBit, on: try writeCheckpoint(1, to: folder))
            let fault = #expect(throws: Fault.self) { try folder.newestWhole() }
            #expect(fault?.kind == .badData)
            #expect(fault?.problem.contains("optimizer.safetensors") == true)
        }
    }

    @Test func aNewCheckpointOutlivesDamagedLaterOnes() throws {
        try withTemporaryFolder { base in
            let folder = CheckpointFolder(base)
            try writeCheckpoint(20, to: folder)
            try inflict(.truncated, on: try writeCheckpoint(30, to: folder))
            try writeCheckpoint(25, keep: 1, to: folder)
            #expect(try folder.all().map(\.step) == [25])
        }
    }

    @Test func unknownKeysOfTheStateAreIgnoredAndOtherFormatsRefused() throws {
        try withTemporaryFolder { base in
            struct LaterState: Encodable {
                var format_version: Int
                var step = 3, completed_epochs = 1, settings = ["--seed": "0"], new_key = [1]
            }
            let folder = CheckpointFolder(base)
            let path = "\(base)/state.json"
            try JSONFile.write(LaterState(format_version: 1), to: path)
            #expect(try JSONFile.read(CheckpointState.self, from: path).step == 3)

            for (difference, age) in [(1, "newer"), (-1, "older")] {
                var other = state(3)
                other.formatVersion = CheckpointState.currentFormatVersion + difference
                let checkpoint = try folder.write(other) { _ in }
                let fault = #expect(throws: Fault.self) { try checkpoint.verifiedState() }
                #expect(fault?.problem.contains(age) == true)
            }
        }
    }

    @Test func aRenamedCheckpointIsNotMistakenForAnotherStep() throws {
        try withTemporaryFolder { base in
            let folder = CheckpointFolder(base)
            let checkpoint = try writeCheckpoint(3, to: folder)
            try FileManager.default.moveItem(atPath: checkpoint.path, toPath: "\(base)/step-4")
            #expect(throws: Fault.self) { try folder.checkpoint(step: 4).verifiedState() }
        }
    }

    @Test func fingerprintsTellSettingsApart() throws {
        let settings = ["seed": 1, "epochs": 15]
        #expect(try SettingsFingerprint.of(settings) == SettingsFingerprint.of(["epochs": 15, "seed": 1]))
        #expect(try SettingsFingerprint.of(settings) != SettingsFingerprint.of(["epochs": 15, "seed": 2]))
    }
}
