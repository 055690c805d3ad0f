import Faults
import StampFormats
import TestSupport
import Testing

@Suite struct NpyRefusalTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func expectBadData(
        _ bytes: [UInt8], saying words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let path = try folder.file("hostile.npy", bytes)
        expectFault(.badData, path, saying: words, sourceLocation: sourceLocation) {
            _ = try NumericArray(contentsOf: path)
        }
    }

    private func header(_ description: String, _ shape: String) -> String {
        "{'descr': \(description), 'fortran_order': False, 'shape': \(shape), }"
    }

    @Test func aMissingFileIsNamed() {
        expectFault(.missingInput, "/no/such/file.npy", saying: "there is no such file") {
            _ = try NumericArray(contentsOf: "/no/such/file.npy")
        }
    }

    @Test func aFolderIsNoFile() {
        expectFault(.missingInput, folder.path, saying: "is a folder") {
            _ = try NumericArray(contentsOf: folder.path)
        }
    }

    @Test func emptyAndForeignFilesAreRefused() throws {
        try expectBadData([], saying: "the file is empty")
        try expectBadData(Array("SIMPLE  =  T".utf8), saying: "is not a .npy file")
        try expectBadData([0x93] + "NUM".utf8, saying: "is not a .npy file")
    }

    @Test func headersCutOffAnywhereAreRefused() throws {
        let whole = npy(header("'<f4'", "(1,)"))
        for length in 6..<whole.count {
            try expectBadData(Array(whole[..<length]), saying: "ends within its header")
        }
        let second = npy(header("'<f4'", "(1,)"), version: 2)
        for length in 8..<13 { try expectBadData(Array(second[..<length]), saying: "ends within its header") }
    }

    @Test func unknownVersionsAreRefused() throws {
        try expectBadData(npy(header("'<f4'", "(1,)"), version: 9), saying: "version 9.0")
        try expectBadData(npy(header("'<f4'", "(1,)"), version: 0), saying: "version 0.0")
    }

    @Test func aHeaderOfFourGigabytesIsRefused() throws {
        let bytes = [0x93] + Array("NUMPY".utf8) + [3, 0] + littleEndian(UInt32.max)
        try expectBadData(bytes, saying: "claims a header of 4294967295 bytes")
    }

    @Test func pythonObjectsAreNeverUnpickled() throws {
        let words = "holds Python objects, which are never unpickled; save it again as numbers"
        try expectBadData(npy(header("'|O'", "(1,)"), data: 50), saying: words)
        try expectBadData(npy(header("'O'", "(1,)"), data: 50), saying: words)
        try expectBadData(npy(header("'|O8'", "(1,)"), data: 50), saying: words)
    }

    @Test(arguments: ["'<c8'", "'<U4'", "'|S4'", "'<f16'", "'<M8[ns]'", "'|V4'", "'<f3'", "''"])
    func otherElementTypesAreRefused(_ description: String) throws {
        try expectBadData(npy(header(description, "(1,)"), data: 16), saying: "holds elements of type '")
    }

    @Test func recordsAreRefused() throws {
        try expectBadData(npy(header("[('x', '<f4'), ('y', '<f4')]", "(1,)"), data: 8), saying: "structured dtype")
    }

    @Test func impossibleShapesAreRefused() throws {
        try expectBadData(npy(header("'<f4'", "(-1, 4)"), data: 4), saying: "claims an axis of length -1")
        try expectBadData(
            npy(header("'<f4'", "(99999999999999999999,)"), data: 4), saying: "axis of length 99999999999999999999")
        try expectBadData(
            npy(header("'<f4'", "(4294967296, 4294967296)"), data: 4), saying: "which no computer can hold")
        // The elements fit into 64 bits, their bytes do not.
        try expectBadData(npy(header("'<f8'", "(2305843009213693952,)")), saying: "which no computer can hold")
    }

    @Test func thirtyTwoGibibytesInEightyBytesAreRefused() throws {
        let bytes = npy("{'descr':'<f4','fortran_order':False,'shape':(8589934592,)}")
        #expect(bytes.count < 80)
        try expectBadData(bytes, saying: "takes 34359738368 bytes and only 0 follow the header")
    }

    @Test func dataMustFitExactly() throws {
        try expectBadData(npy(header("'<f4'", "(3,)"), data: 11), saying: "is truncated")
        try expectBadData(npy(header("'<f4'", "(3,)"), data: 13), saying: "1 bytes too many")
    }

    @Test(arguments: [
        "", "{", "{}", "[]", "garbage", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)", "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1.5,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}", "{'descr': '<f4' 'shape': (1,)}",
        "{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", "{'descr': 4, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} + 1",
        "{'descr': '<f\\x34', 'fortran_order': False, 'shape': (1,)}",
    ])
    func garbledHeadersAreRefused(_ text: String) throws {
        try expectBadData(npy(text, data: 4), saying: "has a garbled header")
    }
}
