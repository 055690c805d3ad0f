import CIsolation
import Glibc

/// A ``DecodingServer`` that this process has started, and the socket to it.
struct Server {
    private let socket: Int32
    private let process: pid_t

    /// Starts `program`, or this one, as a server; nil when that cannot be done.
    init?(_ program: String?) {
        var pair: [Int32] = [-1, -1]
        let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else { return nil }
        defer { close(pair[1]) }
        guard let process = ServerProgram.spawn(program, standardInput: pair[1]) else {
            close(pair[0])
            return nil
        }
        (socket, self.process) = (pair[0], process)
    }

    /// Has it decode a file: how the child that did so ended, by waitpid(2), or -1 if there was none. Nil when the
    /// server has gone.
    func ask(_ limits: IsolationLimits, _ descriptors: [Int32]) -> Int32? {
        var limits = limits
        let size = MemoryLayout<IsolationLimits>.size
        guard isolation_send(socket, &limits, size, descriptors, Int32(descriptors.count)) == 0 else { return nil }
        var status: Int32 = 0
        while true {
            let count = recv(socket, &status, MemoryLayout<Int32>.size, 0)
            if count < 0 && errno == EINTR { continue }
            return count == MemoryLayout<Int32>.size ? status : nil
        }
    }

    /// Ends it, and waits for that: nothing is left of it.
    func end() {
        close(socket)
        kill(process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    }
}
