import Faults
import Files
import TestSupport
import Testing

@Suite struct JSONFileTests {
    private struct Values: Codable, Hashable, Sendable {
        var model = "vgg6"
        var learningRate: Float = 0.01
        var data: [String] = ["/data/stamps_noise.npy"]
    }

    @Test func keysAreSortedAndNumbersShort() throws {
        let compact = try JSONFile.text(of: Values()).filter { $0 != " " && $0 != "\n" }
        #expect(compact == #"{"data":["/data/stamps_noise.npy"],"learningRate":0.01,"model":"vgg6"}"#)
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
            let missing = #expect(throws: Fault.self) { try JSONFile.read(Values.self, from: path) }
            #expect(missing?.kind == .missingInput && missing?.subject == path)
            for (content, mention) in [
                ("{", "JSON"), (#"{"model": "vgg6", "learningRate": 1}"#, "data"),
                (#"{"model": "vgg6", "learningRate": "fast", "data": []}"#, "learningRate"),
            ] {
                try AtomicFile.write(content, to: path)
                let fault = #expect(throws: Fault.self) { try JSONFile.read(Values.self, from: path) }
                #expect(fault?.kind == .badData && fault?.subject == path)
                #expect(fault?.problem.contains(mention) == true)
            }
        }
    }
}
