import Faults
import Foundation
import RunRecords
import TestSupport
import Testing

@Suite struct RunFolderTests {
    @Test func openingCreatesTheFolderAndItsParents() throws {
        try withTemporaryFolder { base in
            let folder = try RunFolder.open("\(base)/a/b/run/", resuming: false)
            #expect(folder.path == "\(base)/a/b/run")
            #expect(folder.configuration == "\(base)/a/b/run/config.json")
            #expect(try withExtendedLifetime(folder) { try names(in: folder.path) } == [".lock"])
        }
    }

    @Test func anEmptyFolderThatExistsIsUsed() throws {
        try withTemporaryFolder { base in
            let folder = try RunFolder.open(base, resuming: false)
            #expect(folder.path == base)
        }
    }

    @Test(arguments: ["config.json", "history.csv", "checkpoints", "model.safetensors"])
    func aUsedFolderIsRefusedUnlessResuming(trace: String) throws {
        try withTemporaryFolder { base in
            try write([], to: "\(base)/\(trace)")
            let fault = #expect(throws: Fault.self) { try RunFolder.open(base, resuming: false) }
            #expect(fault?.kind == .usage)
            #expect(fault?.problem.contains(trace) == true)
            #expect(fault?.remedy.contains("--output") == true && fault?.remedy.contains("--resume") == true)
            #expect(try RunFolder.open(base, resuming: true).path == base)
        }
    }

    /// Permissions do not bind root: what nobody can write is below a file, in /proc, or a file itself.
    @Test func aFolderThatCannotBeWrittenIsRefusedAndLeavesNothing() throws {
        try withTemporaryFolder { base in
            try write([1], to: "\(base)/file")
            for path in ["\(base)/file", "\(base)/file/deep/run", "/proc/no/such/run", "/proc"] {
                let fault = #expect(throws: Fault.self) { try RunFolder.open(path, resuming: false) }
                #expect(fault?.kind == .cannotWrite)
                #expect(fault?.subject == path)
                #expect(fault?.remedy.contains("--output") == true)
            }
            #expect(try names(in: base) == ["file"])
        }
    }

    @Test func parentsAreRemovedAgainWhenCreationFailsBelowThem() throws {
        try withTemporaryFolder { base in
            // The last part is longer than any file system allows.
            let path = "\(base)/new/parent/\(String(repeating: "x", count: 300))"
            #expect(throws: Fault.self) { try RunFolder.open(path, resuming: false) }
            let left = try names(in: base)
            #expect(left.isEmpty)
        }
    }

    @Test(arguments: ["config.json", "metrics.jsonl", "model.keras", "report.html", "checkpoints", "train"])
    func whatIsNeitherFileNorFolderIsRefusedAtOnce(_ name: String) throws {
        try withTemporaryFolder { base in
            try #require(mkfifo("\(base)/\(name)", 0o666) == 0)
            expectFault(.badData, "\(base)/\(name)", saying: "folder") {
                _ = try RunFolder.open(base, resuming: true)
            }
        }
    }

    @Test(arguments: ["model.safetensors", "member-2/model.safetensors"])
    func aPipeIsNoModelOfARun(_ name: String) throws {
        try withTemporaryFolder { base in
            for member in 1...2 {
                try FileManager.default.createDirectory(
                    atPath: "\(base)/member-\(member)", withIntermediateDirectories: true)
            }
            try write([], to: "\(base)/member-1/model.safetensors")
            try #require(mkfifo("\(base)/\(name)", 0o666) == 0)
            expectFault(.badData, "\(base)/\(name)", saying: "a pipe") { _ = try EnsembleFolder.models(in: base) }
        }
    }

    /// Not even to resume it: the ensemble's own test set would be overwritten.
    @Test(arguments: [false, true]) func anEnsembleIsNoRun(resuming: Bool) throws {
        try withTemporaryFolder { base in
            try FileManager.default.createDirectory(atPath: "\(base)/member-1", withIntermediateDirectories: true)
            expectFault(.usage, "--output \(base)", saying: "already holds an ensemble") {
                _ = try RunFolder.open(base, resuming: resuming)
            }
            #expect(try names(in: base) == ["member-1"])
        }
    }

    @Test func anEmptyPathIsWrongUsage() {
        #expect(throws: Fault.self) { try RunFolder.open("", resuming: false) }
    }

    @Test func withdrawingRemovesOnlyWhatOpeningCreated() throws {
        try withTemporaryFolder { base in
            try RunFolder.open("\(base)/a/run", resuming: false).withdraw()
            #expect(try names(in: base).isEmpty)
            try RunFolder.open(base, resuming: false).withdraw()
            #expect(exists(base))
            let used = try RunFolder.open("\(base)/b/run", resuming: false)
            try write([1], to: used.configuration)
            used.withdraw()
            #expect(exists(used.configuration))
        }
    }

    @Test func openingClearsWhatAnInterruptedRunLeftHalfWritten() throws {
        try withTemporaryFolder { base in
            try write([1], to: "\(base)/.history.csv.4711-1.partial")
            try write([1], to: "\(base)/.model.safetensors.4711-2.partial")
            try write([1], to: "\(base)/.mine.partial")
            let partial = "\(base)/checkpoints/.step-7.partial"
            try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
            try write([1], to: "\(partial)/model.safetensors")
            let folder = try RunFolder.open(base, resuming: true)
            #expect(
                try withExtendedLifetime(folder) { try names(in: base) } == [".lock", ".mine.partial", "checkpoints"])
            #expect(try names(in: folder.checkpoints.path).isEmpty)
        }
    }
}
