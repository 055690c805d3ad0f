import CIsolation
import Faults
import Glibc

/// An open descriptor, closed when nobody holds it any more.
final class Descriptor {
    let number: Int32
    let byteCount: Int
    let isFile: Bool

    private init(_ number: Int32, byteCount: Int, isFile: Bool) {
        (self.number, self.byteCount, self.isFile) = (number, byteCount, isFile)
    }

    deinit { close(number) }

    /// A file, or memory with a copy of the bytes.
    convenience init(_ input: DecodingProcess.Input, name: String) throws {
        switch input {
        case .file(let path):
            let number = open(path, O_RDONLY | O_CLOEXEC)
            var status = stat()
            guard number >= 0, fstat(number, &status) == 0 else { throw Fault.cannotRead(path, errno) }
            self.init(number, byteCount: Int(status.st_size), isFile: true)
        case .memory(let bytes):
            let number = try Self.memoryNumber(name)
            self.init(number, byteCount: bytes.count, isFile: false)
            var rest = bytes[...]
            while let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
                let written = write(number, start, rest.count)
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else { throw Self.noMemory(name) }
                rest = rest.dropFirst(written)
            }
        }
    }

    /// Empty memory.
    static func memory(name: String) throws -> Descriptor {
        Descriptor(try memoryNumber(name), byteCount: 0, isFile: false)
    }

    private static func memoryNumber(_ name: String) throws -> Int32 {
        let number = isolation_shared_memory()
        guard number >= 0 else { throw noMemory(name) }
        return number
    }

    private static func noMemory(_ name: String) -> Fault {
        Fault(
            .noResources, name, "there is no memory, or no descriptor, to decode it with",
            remedy: "end other programs first, or raise the limit on open files (ulimit -n)")
    }
}
