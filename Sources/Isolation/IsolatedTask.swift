import CIsolation
import Faults
import Files
import FoundationEssentials
import Glibc

/// One file to decode, in the process that does nothing else.
struct IsolatedTask {
    /// The file; only its bytes are used.
    let file: Int32
    /// Holds the request, and later the answer.
    let exchange: Int32
    /// Where the payload goes.
    let payload: Int32

    /// Decodes and ends the process: with 0 when there is an answer.
    func run(_ limits: IsolationLimits, _ decoders: [any IsolatedDecoder.Type], _ willEnd: () -> Void) -> Never {
        isolation_restrict(limits.memory, limits.seconds)
        guard let request = SharedMemory.contents(of: exchange),
            let name = try? JSONFile.decoder.decode(IsolatedRequestName.self, from: request).decoder,
            let decoder = decoders.first(where: { $0.name == name }),
            let answer = try? self.answer(decoder, request)
        else { _exit(1) }
        let isAnswered = SharedMemory.replace(exchange, by: answer)
        willEnd()
        _exit(isAnswered ? 0 : 1)
    }

    /// The answer to a request for `decoder`, as JSON.
    private func answer<Decoder: IsolatedDecoder>(_ decoder: Decoder.Type, _ request: Data) throws -> [UInt8] {
        let request = try JSONFile.decoder.decode(IsolatedRequest<Decoder.Request>.self, from: request)
        let answer: IsolatedAnswer<Decoder.Answer>
        do {
            let payload = DecodedPayload(descriptor: payload)
            let decoded = try withBytes(request.offset, request.byteCount) {
                try decoder.decode(request.request, $0, payload)
            }
            answer = .decoded(decoded, payloadByteCount: payload.byteCount)
        } catch let fault as Fault {
            answer = .refused(fault)
        }
        return Array(try JSONFile.line(of: answer).utf8)
    }

    private func withBytes<Result>(
        _ offset: Int, _ byteCount: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        guard byteCount > 0 else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        // A page is the unit in which files are mapped.
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = offset / page * page
        let count = offset - start + byteCount
        guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, file, off_t(start)), base != MAP_FAILED else {
            _exit(1)
        }
        defer { munmap(base, count) }
        return try body(UnsafeRawBufferPointer(start: base + (offset - start), count: byteCount))
    }
}
