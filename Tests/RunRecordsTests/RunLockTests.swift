import Faults
import FoundationEssentials
import RunRecords
import TestSupport
import Testing

@Suite struct RunLockTests {
    @Test func aFolderInUseIsRefusedWithItsOwner() throws {
        try withTemporaryFolder { base in
            let lock = try RunLock(folder: base)
            let fault = #expect(throws: Fault.self) { try RunLock(folder: base) }
            #expect(fault?.kind == .usage)
            #expect(fault?.problem.contains("process \(ProcessInfo.processInfo.processIdentifier) on ") == true)
            lock.release()
            #expect(try names(in: base).isEmpty)
            try RunLock(folder: base).release()
        }
    }

    @Test func whatADeadOwnerLeftKeepsNobodyOut() throws {
        try withTemporaryFolder { base in
            try write(Array("process 1 on elsewhere\n".utf8), to: "\(base)/.lock")
            let lock = try RunLock(folder: base)
            #expect(try text("\(base)/.lock").hasPrefix("process \(ProcessInfo.processInfo.processIdentifier) on "))
            lock.release()
        }
    }

    @Test func theFolderIsFreeWhenNobodyRemembersTheLock() throws {
        try withTemporaryFolder { base in
            _ = try RunLock(folder: base)
            _ = try RunFolder.open(base, resuming: true)
            #expect(try names(in: base).isEmpty)
        }
    }
}
