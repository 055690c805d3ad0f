#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A thread of the operating system that may be refused: with a limit on processes or memory (`ulimit -u`, `ulimit -v`)
/// libraries that start threads of their own would wait for one for ever.
enum SystemThread {
    /// OpenBLAS keeps its working set on the stack.
    private static let stackBytes = 8 << 20

    /// Runs `body` on a thread of its own (pthread_create).
    ///
    /// - Returns: false when the system refuses it.
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        defer { attributes.deallocate() }
        pthread_attr_init(attributes)
        defer { pthread_attr_destroy(attributes) }
        pthread_attr_setstacksize(attributes, stackBytes)
        pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))
        let work = Unmanaged.passRetained(ThreadWork(body))
        #if canImport(Glibc)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        guard pthread_create(&thread, attributes, perform, work.toOpaque()) == 0 else {
            work.release()
            return false
        }
        return true
    }
}

private final class ThreadWork {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

#if canImport(Glibc)
    private func perform(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        Unmanaged<ThreadWork>.fromOpaque(argument!).takeRetainedValue().body()
        return nil
    }
#else
    private func perform(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<ThreadWork>.fromOpaque(argument).takeRetainedValue().body()
        return nil
    }
#endif
