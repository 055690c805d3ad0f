import Faults
import Files
import RunRecords
import StampData
import TestSupport
import Testing

@Suite struct ConfigurationRecordTests {
    struct Settings: Codable, Hashable, Sendable {
        var model = "vgg6"
        var learningRate: Float = 0.01
        var data: [String] = ["/data/stamps_noise.npy"]
    }

    private let record = ConfigurationRecord(
        settings: Settings(), versions: SoftwareVersions(program: "0.1.0", swift: "6.3", openBLAS: "OpenBLAS 0.3.21"),
        cpuKernelType: "SkylakeX", ranks: 2, threads: 1, badStamps: BadStampCounts(noise: 0, sources: 3))

    @Test func theRecordIsReadBackAsItWasWritten() throws {
        try withTemporaryFolder { base in
            let path = RunFolder(base).configuration
            try JSONFile.write(record, to: path)
            let read = try JSONFile.read(ConfigurationRecord<Settings>.self, from: path)
            #expect(read.settings == record.settings && read.versions == record.versions)
            #expect(read.cpuKernelType == "SkylakeX" && read.ranks == 2 && read.threads == 1)
            #expect(read.badStamps == record.badStamps)
        }
    }

    @Test func keysAreSortedAndNumbersShort() throws {
        let compact = try JSONFile.text(of: record).filter { $0 != " " && $0 != "\n" }
        #expect(
            compact == #"{"bad_stamps":{"noise":0,"sources":3},"cpu_kernel_type":"SkylakeX","ranks":2,"#
                + #""settings":{"data":["/data/stamps_noise.npy"],"learningRate":0.01,"model":"vgg6"},"threads":1,"#
                + #""versions":{"openblas":"OpenBLAS0.3.21","program":"0.1.0","swift":"6.3"}}"#)
    }

    @Test func numbersThatJSONDoesNotKnowAreReadBack() throws {
        try withTemporaryFolder { base in
            try JSONFile.write([Double.nan, .infinity, -.infinity], to: "\(base)/a.json")
            let read = try JSONFile.read([Double].self, from: "\(base)/a.json")
            #expect(read[0].isNaN && read[1] == .infinity && read[2] == -.infinity)
        }
    }

    @Test func aDamagedFileIsNamedWithItsKey() throws {
        try withTemporaryFolder { base in
            let path = "\(base)/config.json"
            let missing = #expect(throws: Fault.self) { try JSONFile.read(Settings.self, from: path) }
            #expect(missing?.kind == .missingInput && missing?.subject == path)
            for (content, mention) in [
                ("{", "JSON"), (#"{"model": "vgg6", "learningRate": 1}"#, "data"),
                (#"{"model": "vgg6", "learningRate": "fast", "data": []}"#, "learningRate"),
            ] {
                try AtomicFile.write(content, to: path)
                let fault = #expect(throws: Fault.self) { try JSONFile.read(Settings.self, from: path) }
                #expect(fault?.kind == .badData && fault?.subject == path)
                #expect(fault?.problem.contains(mention) == true)
            }
        }
    }
}
