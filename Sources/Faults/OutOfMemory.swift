import Glibc

/// Memory that the system refuses where no error can be thrown: it is asked for in too many places.
public enum OutOfMemory {
    /// The fault of a process that may not have so many bytes more.
    public static func fault(bytes: Int, for purpose: String) -> Fault {
        Fault(
            .noResources, "memory", "the system refuses \(bytes >> 20) MB for \(purpose)",
            remedy: "use fewer --threads or a smaller --microbatch, or raise the limit (ulimit -v)")
    }

    /// Ends the process with one line. Under mpirun that ends the other ranks too.
    public static func end(bytes: Int, for purpose: String) -> Never {
        let line = Array("error: \(fault(bytes: bytes, for: purpose))\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        _exit(Fault.Kind.noResources.rawValue)
    }
}
