import Faults
import RunRecords
import Testing

@Suite struct AtomicFileTests {
    private struct Interruption: Error {}

    @Test func aFailedReplacementLeavesTheOldFileAndNothingElse() throws {
        try withTemporaryFolder { base in
            let path = "\(base)/model.safetensors"
            try AtomicFile.write("old", to: path)
            #expect(throws: Interruption.self) {
                try AtomicFile.replace(path) { partial in
                    try put([1, 2, 3], partial)
                    throw Interruption()
                }
            }
            #expect(try text(path) == "old")
            #expect(try contents(base) == ["model.safetensors"])
            try AtomicFile.replace(path) { try put([1, 2, 3], $0) }
            #expect(try bytes(path) == [1, 2, 3])
        }
    }

    @Test func aFileThatCannotBeWrittenIsNamed() throws {
        let fault = #expect(throws: Fault.self) { try AtomicFile.write("text", to: "/proc/none/file.csv") }
        #expect(fault?.kind == .cannotWrite)
        #expect(fault?.subject == "/proc/none/file.csv")
    }

    @Test func aFileCannotTakeTheNameOfAFolder() throws {
        try withTemporaryFolder { base in
            _ = try RunFolder.open("\(base)/history.csv/inner", resuming: false)
            let fault = #expect(throws: Fault.self) { try AtomicFile.write("text", to: "\(base)/history.csv") }
            #expect(fault?.subject == "\(base)/history.csv")
            #expect(try contents(base) == ["history.csv"])
        }
    }
}
