import Glibc
import Synchronization

/// Where a test can have the process killed: after every operation by which a file or a folder reaches the disk.
///
/// With `SWIFT_RUN_TRAINER_KILL_AT=N` in the environment, the process sends itself SIGKILL after the N-th write, fsync,
/// rename or removal that it has done through ``AtomicFile`` and ``FileAccess``, as if the machine had failed there.
/// `launch/chaos.sh` uses this to check that a run survives it.
enum CrashPoint {
    private static let fatal = getenv("SWIFT_RUN_TRAINER_KILL_AT").flatMap { Int(String(cString: $0)) }
    private static let passed = Atomic<Int>(0)

    /// Call after each operation that succeeded.
    static func pass() {
        guard let fatal else { return }
        if passed.add(1, ordering: .relaxed).newValue == fatal { kill(getpid(), SIGKILL) }
    }
}
