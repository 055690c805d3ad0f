import Faults
import Isolation
import TestSupport
import Testing

/// What tests ask of `DecodingServerProgram`, which has a decoder of this name.
private enum Misbehaving: IsolatedDecoder {
    static let name = "misbehaving"

    static func decode(_: String, _: UnsafeRawBufferPointer, _: DecodedPayload) throws -> String {
        preconditionFailure("decoded in the process that asked")
    }
}

@Suite struct DecodingProcessTests {
    private let process: DecodingProcess

    init() throws { process = DecodingProcess(program: try path(ofProgram: "DecodingServerProgram"), seconds: 2) }

    private func ask(_ request: String, _ text: String = "stamps") throws -> (answer: String, payload: [UInt8]) {
        var text = text
        return try text.withUTF8 { bytes in
            let decoded = try process.decode(
                Misbehaving.self, request, in: .memory(UnsafeRawBufferPointer(bytes)), name: "file")
            return (decoded.answer, decoded.payload.copy)
        }
    }

    @Test func anAnswerAndItsPayloadArrive() throws {
        let long = String(repeating: "0123456789", count: 300_000)
        for text in ["", "stamps", long] {
            let decoded = try ask("echo", text)
            #expect(decoded.answer == text && decoded.payload == Array(text.utf8))
        }
    }

    @Test func aRangeOfAFileIsDecoded() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<20_000).map { UInt8(ascii: "a") + UInt8($0 % 26) }
        let path = try folder.file("letters", bytes)
        let decoded = try process.decode(Misbehaving.self, "echo", in: .file(path), range: 5000..<15_001, name: path)
        #expect(decoded.payload.copy == Array(bytes[5000..<15_001]))
        expectFault(.missingInput, "nothing", saying: "there is no such file") {
            _ = try process.decode(Misbehaving.self, "echo", in: .file(folder.path("nothing")), name: "nothing")
        }
    }

    @Test func aFaultArrives() throws {
        expectFault(.badData, "file", saying: "is damaged") { _ = try ask("refuse") }
    }

    /// However a decoder ends, the file is at fault, and the next one is decoded as ever.
    @Test(arguments: ["crash", "abort", "trap", "exit", "loop", "payload"])
    func aDeathIsADamagedFile(_ request: String) throws {
        expectFault(.badData, ": ", saying: "; ") { _ = try ask(request) }
        #expect(try ask("echo").answer == "stamps")
    }

    @Test func memoryIsLimited() throws {
        let megabytes = try #require(Int(ask("memory").answer))
        #expect((64...1024).contains(megabytes))
    }

    /// What a file might make a library do beyond its memory.
    @Test(arguments: ["open", "write", "socket", "spawn"]) func otherSystemCallsAreDenied(_ request: String) throws {
        #expect(try ask(request).answer == "denied")
    }

    @Test func manyThreadsAskAtOnce() async throws {
        await withTaskGroup(of: Bool.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    (0..<10).allSatisfy { turn in
                        if turn % 3 == 0 { _ = try? ask("crash") }
                        return (try? ask("echo", "\(worker) \(turn)").answer) == "\(worker) \(turn)"
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test func aProgramThatIsNoServerIsNoFileFault() throws {
        let other = DecodingProcess(program: "/bin/true", seconds: 2)
        expectFault(.noResources, "file", saying: "no process can be started") {
            let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
            _ = try other.decode(Misbehaving.self, "echo", in: .memory(nothing), name: "file")
        }
    }
}
