import Faults
import Files
import FoundationEssentials
import Glibc
import StampFormats
import TestSupport
import Testing

@Suite struct WritingTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }

    @Test func writtenBytesAreThoseOfNumpySave() throws {
        let floats = try ReferenceValues.doubles("numpy/stamps").map { Float($0) }
        let path = folder.path("stamps.npy")
        try NpyFile.write(floats: floats, shape: [5, 4, 4], to: path)
        #expect(try bytes(path) == ReferenceValues.bytes("numpy/version_1.npy"))
        #expect(try folder.contents == ["stamps.npy"])
    }

    @Test func rowsWrittenOneByOneGiveTheSameFile() throws {
        let floats = try ReferenceValues.doubles("numpy/stamps").map { Float($0) }
        let path = folder.path("rows.npy")
        let writer = try NpyWriter(path: path, rowShape: [4, 4])
        try writer.append(Array(floats[..<16]))
        try writer.append(Array(floats[16..<64]))
        try writer.append(Array(floats[64...]))
        #expect(writer.rows == 5)
        #expect(try !folder.contents.contains("rows.npy"))
        try writer.finish()
        #expect(try bytes(path) == ReferenceValues.bytes("numpy/version_1.npy"))
        #expect(try folder.contents == ["rows.npy"])
    }

    @Test(arguments: [[], [7], [0, 2], [123_456_789, 0]]) func anyShapeIsReadBack(_ shape: [Int]) throws {
        let path = folder.path("shape.npy")
        try NpyFile.write(floats: (0..<shape.reduce(1, *)).map { Float($0) }, shape: shape, to: path)
        #expect(try NumericArray(contentsOf: path).shape == shape)
    }

    @Test func anUnfinishedFileLeavesNothing() throws {
        do {
            let writer = try NpyWriter(path: folder.path("half.npy"), rowShape: [4])
            try writer.append([1, 2, 3, 4])
        }
        #expect(try folder.contents == [])
    }

    @Test func anAbandonedReplacementKeepsTheOldFile() throws {
        let path = folder.path("kept.txt")
        try AtomicFile.write("old", to: path)
        do {
            let file = try AtomicFile(path)
            try file.write("new")
            let others = try folder.contents.filter { $0 != "kept.txt" }
            #expect(others.count == 1 && AtomicFile.isPartial(others[0], of: "kept.txt"))
        }
        #expect(try bytes(path) == Array("old".utf8))
        try AtomicFile.write("new", to: path)
        #expect(try bytes(path) == Array("new".utf8))
        #expect(try folder.contents == ["kept.txt"])
    }

    @Test func aMissingFolderCannotBeWritten() {
        let path = folder.path("missing/file.npy")
        expectFault(.cannotWrite, path, saying: "cannot be written") { try AtomicFile.write("text", to: path) }
    }

    @Test func aFolderInTheWayIsAFaultAndLeavesNothing() throws {
        let path = folder.path
        expectFault(.cannotWrite, path, saying: "cannot be written") { try AtomicFile.write("text", to: path) }
        #expect(try folder.contents == [])
    }

    @Test func aDeviceIsWrittenAndNotReplaced() throws {
        let device = try OutputFile(
            "/dev/null", option: "--output", inputs: [], kind: OutputFile.Kind("a text", beginsWith: "text"))
        try NpyFile.write(floats: [1, 2], shape: [2], to: device.open())
        var status = stat()
        #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    }
}
