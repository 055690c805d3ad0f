import Foundation
import TestSupport
import Testing

extension TrainerCommandTests {
    @Suite struct VerifyTests {
        /// With any number of threads, and on each rank by itself.
        @Test(arguments: [("verify --threads 1", nil), ("verify --threads 3", nil), ("verify", 2)] as [(String, Int?)])
        func thisMachineComputesTheBitsThatItShould(line: String, ranks: Int?) throws {
            let result = try trained(line, ranks: ranks)
            #expect(result.standardError == "")
            #expect(result.standardOutput.split(separator: "\n").count == 1)
            #expect(result.standardOutput.contains("the bits are as they should be"))
        }
    }
}
