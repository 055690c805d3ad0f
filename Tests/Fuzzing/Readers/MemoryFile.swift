import CLibFuzzer
import Glibc

/// Files for readers that want a path: they live in memory, one for the whole process.
enum MemoryFile {
    /// A file without a name (memfd_create(2)).
    private static let descriptor = memory_file()
    /// A run's `checkpoints`, with what a checkpoint holds beside its manifest.
    private static let checkpoints = makeCheckpoints()

    /// Calls `body` with the path of a file that holds `bytes`.
    static func with(_ bytes: UnsafeRawBufferPointer, _ body: (_ path: String) throws -> Void) rethrows {
        fill(descriptor, with: bytes)
        try body("/proc/self/fd/\(descriptor)")
    }

    /// Calls `body` with a folder of checkpoints, whose only one has this manifest.
    static func withCheckpoint(
        manifest bytes: UnsafeRawBufferPointer, _ body: (_ path: String) throws -> Void
    ) rethrows {
        fill(checkpoints.manifest, with: bytes)
        try body(checkpoints.path)
    }

    private static func fill(_ descriptor: Int32, with bytes: UnsafeRawBufferPointer) {
        let written = pwrite(descriptor, bytes.baseAddress, bytes.count, 0)
        precondition(written == bytes.count && ftruncate(descriptor, bytes.count) == 0, "no memory for the input")
    }

    private static func makeCheckpoints() -> (path: String, manifest: Int32) {
        let path = "/dev/shm/fuzz-\(getpid())"
        let state = """
            {"format_version":2,"step":1,"completed_epochs":0,"step_in_epoch":1,"settings_fingerprint":"0"}
            """
        mkdir(path, 0o700)
        mkdir("\(path)/step-1", 0o700)
        for (name, text) in [("state.json", state), ("model.safetensors", "weights")] {
            let file = create("\(path)/step-1/\(name)")
            Array(text.utf8).withUnsafeBytes { fill(file, with: $0) }
            close(file)
        }
        atexit {
            let step = "/dev/shm/fuzz-\(getpid())/step-1"
            for name in ["state.json", "model.safetensors", "manifest.json"] { unlink("\(step)/\(name)") }
            rmdir(step)
            rmdir("/dev/shm/fuzz-\(getpid())")
        }
        return (path, create("\(path)/step-1/manifest.json"))
    }

    private static func create(_ path: String) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        precondition(descriptor >= 0, "\(path) cannot be made")
        return descriptor
    }
}
