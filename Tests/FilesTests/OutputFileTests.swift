import Faults
import Files
import Foundation
import TestSupport
import Testing

@Suite struct OutputFileTests {
    private let folder: TemporaryFolder
    private let kind = OutputFile.Kind("a table", beginsWith: "index,value\n")

    init() throws { folder = try TemporaryFolder() }

    private func output(_ path: String, inputs: [String] = [], others: [OutputFile] = []) throws -> OutputFile {
        try OutputFile(path, option: "--csv", inputs: inputs, others: others, kind: kind)
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private func link(_ name: String, to target: String) throws -> String {
        try FileManager.default.createSymbolicLink(atPath: folder.path(name), withDestinationPath: target)
        return folder.path(name)
    }

    @Test func anEarlierOutputIsReplacedAndNothingElse() throws {
        let path = folder.path("table.csv")
        try output(path).write("index,value\n1,2\n")
        try output(path).write("index,value\n3,4\n")
        #expect(try text(path) == "index,value\n3,4\n")
        let other = try folder.file("notes.txt", Array("to be kept".utf8))
        expectFault(.cannotWrite, other, saying: "already exists and is not a table") { _ = try output(other) }
        #expect(try text(other) == "to be kept")
        // An empty file holds nothing to lose.
        try output(folder.file("empty", [])).write("index,value\n")
        #expect(try folder.contents == ["empty", "notes.txt", "table.csv"])
    }

    /// By whatever name.
    @Test func whatIsReadIsNotWritten() throws {
        let input = try folder.file("stamps.csv", Array("index,value\n1,2\n".utf8))
        try FileManager.default.linkItem(atPath: input, toPath: folder.path("hard"))
        try FileManager.default.createDirectory(atPath: folder.path("sub"), withIntermediateDirectories: true)
        let names = try [
            input, folder.path("./stamps.csv"), folder.path("sub/../stamps.csv"), folder.path("hard"),
            link("soft", to: input), link("softer", to: "soft"),
        ]
        for name in names {
            expectFault(.usage, "--csv \(name)", saying: "is what the command reads (\(input))") {
                _ = try output(name, inputs: ["missing", input])
            }
        }
        #expect(try text(input) == "index,value\n1,2\n")
    }

    @Test func twoOutputsAreTwoFiles() throws {
        let first = try output(folder.path("one.csv"))
        for name in [folder.path("one.csv"), folder.path("./one.csv"), try link("other", to: "one.csv")] {
            expectFault(.usage, "--csv \(name)", saying: "is written by another option too") {
                _ = try output(name, others: [first])
            }
        }
        _ = try output(folder.path("two.csv"), others: [first])
        #expect(try folder.contents == ["other"])
    }

    @Test func whatTheCommandWritesAnywayIsNoOutput() throws {
        let name = folder.path("./config.json")
        expectFault(.usage, "--csv \(name)", saying: "is where the command writes config.json") {
            _ = try OutputFile(
                name, option: "--csv", inputs: [], reserved: [folder.path("config.json")], kind: kind)
        }
    }

    @Test func linksStayAndWhatTheyLeadToIsWritten() throws {
        try FileManager.default.createDirectory(atPath: folder.path("store"), withIntermediateDirectories: true)
        let direct = try link("direct", to: "store/table.csv")
        let twice = try link("twice", to: direct)
        for name in [direct, twice, direct] {
            try output(name).write("index,value\n\(name)\n")
            #expect(try text(folder.path("store/table.csv")) == "index,value\n\(name)\n")
        }
        for name in ["direct", "twice"] {
            let type = try FileManager.default.attributesOfItem(atPath: folder.path(name))[.type] as? FileAttributeType
            #expect(type == .typeSymbolicLink)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("store")) == ["table.csv"])
    }

    @Test func devicesPipesAndDescriptorsAreWrittenDirectly() throws {
        try output("/dev/null").write("anything")
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        for name in ["/dev/fd/\(ends[1])", try link("pipe", to: "/proc/self/fd/\(ends[1])")] {
            try output(name).write("text")
            var bytes = [UInt8](repeating: 0, count: 16)
            #expect(read(ends[0], &bytes, bytes.count) == 4)
            #expect(String(decoding: bytes.prefix(4), as: UTF8.self) == "text")
        }
        // Standard output that is a file: what it holds already stays, and the file is the same one.
        let path = try folder.file("standard-output", Array("before\n".utf8))
        let descriptor = open(path, O_WRONLY | O_APPEND)
        defer { close(descriptor) }
        try output(link("stdout", to: "/proc/self/fd/\(descriptor)")).write("after\n")
        #expect(try text(path) == "before\nafter\n")
    }

    @Test func whatCannotBeWrittenIsSaidAtOnce() throws {
        expectFault(.usage, "--csv", saying: "names an empty path") { _ = try output("") }
        expectFault(.cannotWrite, folder.path("no/table.csv"), saying: "No such file") {
            _ = try output(folder.path("no/table.csv"))
        }
        expectFault(.cannotWrite, folder.path, saying: "Is a directory") { _ = try output(folder.path) }
        let round = try link("round", to: "round")
        expectFault(.cannotWrite, round, saying: "cannot be written") { try output(round).write("text") }
        expectFault(.cannotWrite, "/dev/full", saying: "No space left") { try output("/dev/full").write("text") }
    }

    /// Files that are not named by a user are never written through a link.
    @Test func aLinkInTheWayOfAnAtomicFileIsReplaced() throws {
        let victim = try folder.file("victim", Array("precious".utf8))
        try AtomicFile.write("new", to: link("file", to: victim))
        #expect(try text(victim) == "precious" && text(folder.path("file")) == "new")
        #expect(mkfifo(folder.path("fifo"), 0o600) == 0)
        expectFault(.cannotWrite, folder.path("fifo"), saying: "is a device or a pipe") {
            try AtomicFile.write("new", to: folder.path("fifo"))
        }
        let grown = try link("grown", to: victim)
        expectFault(.cannotWrite, grown, saying: "cannot be written") {
            _ = try GrowingFile(continuing: grown, length: 0)
        }
        let there = try link("there", to: folder.path)
        expectFault(.cannotWrite, there, saying: "is a link") { try FileAccess.makeOwnFolder(there) }
        expectFault(.badData, folder.path("fifo"), saying: "a pipe or a device instead of a file") {
            _ = try FileAccess.read(folder.path("fifo"))
        }
    }
}
