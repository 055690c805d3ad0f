import Faults
import Reports
import RunRecords
import Testing

@Suite struct RunResultsTests {
    @Test func aFolderWithoutARunIsRefused() throws {
        try withTemporaryFolder { folder in
            let fault = #expect(throws: Fault.self) { try RunResults.read(RunFolder(folder)) }
            #expect(fault?.kind == .missingInput)
        }
    }
}
