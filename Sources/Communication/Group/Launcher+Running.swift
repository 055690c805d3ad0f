import Faults
import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Variables of a launcher outlive it: in a shell that a job has started, or a file of variables that was kept.
extension Launcher {
    /// Whether one of the processes that have led to this one is such a launcher. In a container they may be hidden.
    public var isRunning: Bool { Self.ancestors.contains { family.programs.contains($0.name) } }

    /// The processes that have led to this one, from its parent on.
    static var ancestors: [(process: pid_t, name: String)] {
        var ancestors: [(process: pid_t, name: String)] = []
        var process = getppid()
        while process > 0, let (name, parent) = nameAndParent(of: process) {
            ancestors.append((process, name))
            process = parent
        }
        return ancestors
    }

    /// From `number (name) state parent …`, as Linux has it.
    private static func nameAndParent(of process: pid_t) -> (name: String, parent: pid_t)? {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let open = status.firstIndex(of: "("), let close = status.lastIndex(of: ")")
        else { return nil }
        let fields = status[close...].split(separator: " ")
        guard fields.count > 2, let parent = pid_t(fields[2]) else { return nil }
        return (String(status[status.index(after: open)..<close]), parent)
    }

    /// The fault of variables that no launcher stands behind.
    func leftOver(_ problem: String) -> Fault {
        Fault(
            .usage, variable, "is set, but \(problem): it seems to be left over from another job",
            remedy: "unset the variables of that job (unset \(variable)), or start a new shell")
    }

    /// Refuses variables whose launcher can neither be seen nor reached: MPI would end the process with a page of text.
    ///
    /// - Throws: `Fault(.usage)`.
    func requireServer(_ environment: [String: String]) throws {
        guard Self.isPMIxServerGone(environment) || Self.isPMISocketGone(environment), !isRunning else { return }
        throw leftOver("the launcher that has set it is gone")
    }
}
