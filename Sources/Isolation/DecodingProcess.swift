import CIsolation
import Faults
import Files
import FoundationEssentials
import Glibc
import Synchronization

/// Decodes files that a C library is not to see in this process: in a child, with limits on its memory and its time,
/// whose death is the file's fault.
///
/// The program starts itself again as a ``DecodingServer`` when the first file is to be decoded; the server forks a
/// child for each file, which takes about a millisecond. Any thread.
package final class DecodingProcess: Sendable {
    /// The one of this process.
    package static let shared = DecodingProcess()

    /// Where the bytes are that are to be decoded.
    package enum Input {
        /// In a file.
        case file(String)
        /// In memory, from which they are copied.
        case memory(UnsafeRawBufferPointer)
    }

    /// The server, while there is one.
    private let server = Mutex<Server?>(nil)
    private let program: String?
    private let seconds: Int?

    /// - Parameters:
    ///   - program: another program than this one; nil for this.
    ///   - seconds: the processor time of a file; nil for what suits its size.
    package init(program: String? = nil, seconds: Int? = nil) {
        self.program = program
        self.seconds = seconds
    }

    deinit { server.withLock { $0?.end() } }

    /// What `decoder` finds in a file, and its payload.
    ///
    /// - Parameters:
    ///   - request: goes to the decoder.
    ///   - range: the bytes of `input` that it sees; nil for all.
    ///   - name: what messages call the file.
    /// - Throws: the decoder's fault; a `badData` fault when the child died or took too much; `noResources` when no
    ///   child can be started.
    package func decode<Decoder: IsolatedDecoder>(
        _ decoder: Decoder.Type, _ request: Decoder.Request, in input: Input, range: Range<Int>? = nil, name: String
    ) throws -> (answer: Decoder.Answer, payload: ReadOnlyBytes) {
        let file = try Descriptor(input, name: name)
        let range = range ?? 0..<file.byteCount
        precondition(range.upperBound <= file.byteCount || file.isFile, "bytes \(range) of \(file.byteCount)")
        guard range.upperBound <= file.byteCount else { throw Self.damaged(name, "has become shorter") }
        let exchange = try Descriptor.memory(name: name), payload = try Descriptor.memory(name: name)
        let text = try JSONFile.line(
            of: IsolatedRequest(
                decoder: Decoder.name, offset: range.lowerBound, byteCount: range.count, request: request))
        guard SharedMemory.replace(exchange.number, by: Array(text.utf8)) else { throw Self.noProcess(name) }
        let limits = IsolationLimits(forBytes: range.count, seconds: seconds)
        let status = try status(limits, [file.number, exchange.number, payload.number], name: name)
        guard status == 0 else { throw Self.died(status, name) }
        guard let contents = SharedMemory.contents(of: exchange.number),
            let answer = try? JSONFile.decoder.decode(IsolatedAnswer<Decoder.Answer>.self, from: contents)
        else { throw Self.damaged(name, "cannot be decoded") }
        switch answer {
        case .refused(let fault): throw Fault(.badData, fault.subject, fault.problem, remedy: fault.remedy)
        case .decoded(let decoded, let byteCount):
            guard byteCount >= 0, UInt64(byteCount) <= limits.memory,
                let bytes = ReadOnlyBytes(sharing: payload.number, byteCount: byteCount)
            else { throw Self.damaged(name, "cannot be decoded") }
            return (decoded, bytes)
        }
    }

    /// How the child ended; a server that has gone is started again, once.
    private func status(_ limits: IsolationLimits, _ descriptors: [Int32], name: String) throws -> Int32 {
        try server.withLock { server in
            for _ in 0..<2 {
                if server == nil { server = Server(program) }
                if let status = server?.ask(limits, descriptors), status != -1 { return status }
                server?.end()
                server = nil
            }
            throw Self.noProcess(name)
        }
    }

    // MARK: Faults

    private static func noProcess(_ name: String) -> Fault {
        Fault(
            .noResources, name, "no process can be started that would decode it",
            remedy: "raise the limits on processes, open files and memory (ulimit -u, -n and -v)")
    }

    private static func damaged(_ name: String, _ problem: String) -> Fault {
        Fault(.badData, name, problem, remedy: "copy the file again, or save it again")
    }

    private static func died(_ status: Int32, _ name: String) -> Fault {
        let signal = status & 0x7F
        if signal == SIGXCPU || signal == SIGKILL {
            return damaged(name, "is damaged: decoding it takes longer than a file of its size may")
        }
        guard signal == 0 else {
            return damaged(name, "is damaged: what decodes it was ended by signal \(signal)")
        }
        return damaged(name, "is damaged: it cannot be decoded, or not in the memory that a file of its size may take")
    }
}

extension IsolationLimits {
    /// What a file of this size may need: twice what it may hold, for the copies that libraries make, and many times the
    /// time that they take.
    init(forBytes count: Int, seconds: Int?) {
        let contents = Expansion.most(of: count)
        memory = UInt64(2 * contents + (256 << 20))
        self.seconds = UInt64(seconds ?? 5 + contents >> 24)
    }
}
