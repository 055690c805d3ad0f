import CIsolation
import Files
import Foundation
import TestSupport
import Testing

/// `DecodingServerProgram` without the ``DecodingProcess`` that usually asks it.
@Suite struct DecodingServerTests {
    /// A killed run leaves nobody behind who decodes its file for hours.
    @Test func theServerAndItsChildEndWithWhoAsked() throws {
        var pair: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &pair) == 0)
        let server = try OtherProgram.start(
            try path(ofProgram: "DecodingServerProgram"), arguments: ["server", "decoding-server"], variables: [],
            input: pair[1])
        close(pair[1])
        let file = isolation_shared_memory(), exchange = isolation_shared_memory(), payload = isolation_shared_memory()
        defer { for descriptor in [file, exchange, payload] { close(descriptor) } }
        let request = #"{"decoder":"misbehaving","offset":0,"byteCount":0,"request":"loop"}"#
        try #require(write(exchange, request, request.utf8.count) == request.utf8.count)
        // Bytes of memory, and seconds.
        let limits: [UInt64] = [1 << 28, 3600]
        try #require(isolation_send(pair[0], limits, 16, [file, exchange, payload], 3) == 0)
        let child = try #require(waiting { children(of: server).first })
        close(pair[0])
        #expect(waiting { isAlive(child) ? nil : true } == true)
        var status: Int32 = 0
        #expect(waitpid(server, &status, 0) == server)
    }

    private func children(of process: pid_t) -> [pid_t] {
        let path = "/proc/\(process)/task/\(process)/children"
        return (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: " ").compactMap { pid_t($0) }
            ?? []
    }

    private func isAlive(_ process: pid_t) -> Bool { kill(process, 0) == 0 }

    /// What `find` finds, for which there is a minute's time.
    private func waiting<Found>(_ find: () -> Found?) -> Found? {
        for _ in 0..<6000 {
            if let found = find() { return found }
            usleep(10_000)
        }
        return nil
    }
}
