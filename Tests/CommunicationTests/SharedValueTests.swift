import Communication
import Faults
import Testing

/// What ranks send each other as values.
@Suite struct SharedValueTests {
    /// Names come from files and command lines: whatever they hold must not end the program.
    @Test(arguments: ["\0", "a\0b\0c\0d", "\u{2028}\n\"\\", "é😀", ""]) func aFaultTravelsWhateverItsTextHolds(
        text: String
    ) {
        for kind in [Fault.Kind.usage, .badData, .missingInput, .internalFault, .cannotWrite, .stoppedEarly] {
            let fault = Fault(kind, "file\(text)", "is \(text)wrong", remedy: text + "mend it")
            #expect(Fault(encoded: fault.encoded()) == fault)
        }
    }

    private struct Value: Codable, Equatable {
        var numbers: [Double]
        var single: Float
        var name: String?
    }

    /// A process by itself has what it shares as it is.
    @Test func aSingleProcessSharesWithItself() throws {
        let value = Value(numbers: [0.1 + 0.2, .infinity, -0.0], single: 1 / 3, name: nil)
        let group = SingleProcess()
        #expect(try group.shared { value } == value)
        #expect(try group.gather(values: [1.5, 2.5]) == [[1.5, 2.5]])
        #expect(try group.allGather(values: [UInt64.max]) == [UInt64.max])
        #expect(try group.allGather(text: "node 1") == ["node 1"])
        #expect(throws: AgreedFault.self) {
            try group.shared { () throws -> Int in throw Fault(.usage, "--x", "is wrong", remedy: "mend it") }
        }
    }
}
