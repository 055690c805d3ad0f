import Faults
import Glibc
import Isolation

/// A server of decoders that do what damaged files make libraries do.
enum MisbehavingDecoder: IsolatedDecoder {
    static let name = "misbehaving"

    static func decode(_ request: String, _ bytes: UnsafeRawBufferPointer, _ payload: DecodedPayload) throws -> String {
        switch request {
        case "echo":
            try payload.allocate(bytes.count, name: "echo").copyMemory(from: bytes)
            return String(decoding: bytes, as: UTF8.self)
        case "refuse": throw Fault(.badData, "file", "is damaged\u{0}\n", remedy: "copy it again")
        case "crash": UnsafeMutablePointer<Int>(bitPattern: 8)!.pointee = 1
        case "abort": abort()
        case "trap": preconditionFailure("trap")
        case "exit": exit(0)
        case "loop": while true {}
        case "memory":
            var blocks: [UnsafeMutableRawPointer] = []
            while let block = malloc(1 << 20) {
                memset(block, 1, 1 << 20)
                blocks.append(block)
            }
            return "\(blocks.count)"
        case "payload": _ = try payload.allocate(1 << 40, name: "payload")
        case "open": return open("/etc/hostname", O_RDONLY) < 0 ? "denied" : "opened"
        case "write": return open("/tmp/isolated", O_WRONLY | O_CREAT, 0o600) < 0 ? "denied" : "opened"
        case "socket": return socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) < 0 ? "denied" : "opened"
        case "spawn":
            var process = pid_t()
            return posix_spawn(&process, "/bin/true", nil, nil, [nil], [nil]) != 0 ? "denied" : "started"
        default: break
        }
        return ""
    }
}

DecodingServer.runIfWanted(CommandLine.arguments, [MisbehavingDecoder.self])
exit(64)
