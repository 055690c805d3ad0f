import Faults
import Files
import StampFormats
import TestSupport
import Testing

@Suite struct StampColumnTests {
    private struct Expected: Decodable {
        let classes: [String]
        let labels: [Int]
    }

    @Test func columnsOfNumpyHaveTheClassesThatScikitLearnFinds() throws {
        for (name, expected) in try ReferenceValues.json([String: Expected].self, "labels/expected") {
            let column = try StampColumn(option: "--labels", ReferenceValues.path("labels/\(name).npy"))
            #expect(column.distinctTexts == expected.classes, "\(name)")
            #expect(column.texts == expected.labels.map { expected.classes[$0] }, "\(name)")
        }
    }

    @Test(arguments: [
        ("kind,a\nstar,1\n bogus ,2\n", ":kind", ["star", "bogus"], false),
        ("a,kind\n1,\"x,y\"\n2,\"\"\"\"\n", ":kind", ["x,y", "\""], false),
        ("kind\n3\n-1\n", "", ["3", "-1"], true), ("kind\n03\n1\n", "", ["03", "1"], false),
    ])
    func aColumnOfATableIsRead(_ text: String, _ column: String, _ expected: [String], _ isInteger: Bool) throws {
        try withTemporaryFolder { folder in
            try AtomicFile.write(text, to: "\(folder)/t.csv")
            let found = try StampColumn(option: "--labels", "\(folder)/t.csv\(column)")
            #expect(found.texts == expected && found.isInteger == isInteger)
        }
    }

    @Test(arguments: [
        ("kind,a\nx,1\n", "", "has 2 columns"), ("kind,a\nx,1\n", ":Kind", "name one of these: kind, a"),
        ("kind,a\n,1\n", ":kind", "line 2 has nothing as kind"),
    ])
    func aColumnThatIsNotThereIsRefused(_ text: String, _ column: String, _ words: String) throws {
        try withTemporaryFolder { folder in
            try AtomicFile.write(text, to: "\(folder)/t.csv")
            expectFault(.badData, "\(folder)/t.csv", saying: words) {
                _ = try StampColumn(option: "--labels", "\(folder)/t.csv\(column)")
            }
        }
    }

    private static func npy(_ descr: String, _ shape: String, _ bytes: [UInt8]) -> [UInt8] {
        let header = Array("{'descr': '\(descr)', 'fortran_order': False, 'shape': \(shape), }\n".utf8)
        return [0x93] + "NUMPY".utf8 + [1, 0, UInt8(header.count), 0] + header + bytes
    }

    /// Numbers of alerts have nineteen digits, more than a floating-point number holds.
    @Test func longIntegersKeepTheirDigits() throws {
        let numbers: [Int64] = [2_345_678_901_234_567_891, -9_007_199_254_740_993, 7]
        func bytes(_ number: UInt64, isSwapped: Bool) -> [UInt8] {
            withUnsafeBytes(of: isSwapped ? number.bigEndian : number.littleEndian) { Array($0) }
        }
        try withTemporaryFolder { folder in
            let path = "\(folder)/ids.npy"
            for (type, isSwapped) in [("<i8", false), (">i8", true)] {
                let values = numbers.flatMap { bytes(UInt64(bitPattern: $0), isSwapped: isSwapped) }
                try write(Self.npy(type, "(3, 1)", values), to: path)
                let column = try StampColumn(option: "--ids", path)
                #expect(column.texts == numbers.map(String.init) && column.isInteger)
            }
            try write(Self.npy("<u8", "(1,)", bytes(.max, isSwapped: false)), to: path)
            let column = try StampColumn(option: "--ids", path)
            #expect(column.texts == ["18446744073709551615"] && column.distinctTexts == column.texts)
        }
    }

    @Test(arguments: [
        ("t.csv:a", "t.csv"), ("t.csv", "t.csv"), ("t.npy", "t.npy"), ("t.npz:ids", "t.npz"),
        ("a:b.csv:c:d", "a:b.csv"),
    ])
    func aColumnIsInAFile(_ text: String, _ file: String) { #expect(StampColumn.file(of: text) == file) }

    @Test(arguments: [
        (npy("<U2", "(2,)", Array(repeating: 0, count: 15)), "do not take the bytes"),
        (npy("<U1", "(1,)", [0, 0, 0x11, 0]), "something other than text for stamp 0"),
        (npy("|S1", "(1,)", [0xFF]), "something other than text for stamp 0"),
        (npy("|S2", "(2, 2)", Array(repeating: 65, count: 8)), "instead of one value for each stamp"),
        (npy("<U9223372036854775807", "(9,)", []), "elements of type"),
        (npy("<U16777216", "(9223372036854775807,)", []), "do not take the bytes"),
        (npy("<f4", "(1,)", [0, 0, 0xC0, 0x7F]), "nan for stamp 0"),
        (npy("<i2", "(2, 2)", Array(repeating: 0, count: 8)), "instead of one value for each stamp"),
    ])
    func whatIsNoColumnIsRefused(_ bytes: [UInt8], _ words: String) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/labels.npy"
            try write(bytes, to: path)
            expectFault(.badData, path, saying: words) { _ = try StampColumn(option: "--labels", path) }
        }
    }

    @Test func otherFilesAreRefused() {
        expectFault(.usage, "--labels labels.txt", saying: "neither a column nor an array") {
            _ = try StampColumn(option: "--labels", "labels.txt")
        }
        expectFault(.missingInput, "nowhere.csv", saying: "there is no") {
            _ = try StampColumn(option: "--labels", "nowhere.csv:kind")
        }
    }
}
