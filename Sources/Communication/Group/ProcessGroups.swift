import Faults

/// How a group begins and ends.
///
/// What the user sees under `mpirun` when something fails is one line, from one rank:
/// - **A fault that all ranks agreed on** (`ProcessGroup.agree`): rank 0 reports it, then all end.
/// - **A fault of one rank during the work**: the rank reports it and ends all others (`MPI_Abort`), which may be
///   waiting for it. Of several ranks that fail at about the same time, the lowest reports.
/// - **A rank that stops answering**: when the limit (`ProcessGroup.limitWaits`) has passed, the lowest of those that
///   wait for it names it and ends all.
/// - **A rank that dies** without a message (killed, out of memory): `mpirun` notices, says which rank on which host,
///   ends the others and returns 128 + the signal's number.
///
/// `mpirun` returns the fault's exit code. Explanations of `MPI_Abort` are suppressed (Open MPI 4, MPICH's family; those
/// of Open MPI 5 cannot be); Open MPI's message about a process that exits with a non-zero code cannot be, which is why
/// even an agreed fault ends in `MPI_Abort`. `mpirun -q` would silence both, but also the message about a dead rank.
public enum ProcessGroups {
    /// A fault as one line: `error: …`, or `stopped: …` of a run that can be resumed.
    public static func line(_ fault: Fault) -> String {
        "\(fault.kind == .stoppedEarly ? "stopped" : "error"): \(fault)"
    }

    /// The group that this process belongs to. MPI is started only if a launcher started this process.
    ///
    /// - Parameters:
    ///   - environment: the process's environment variables.
    ///   - largestMessage: the most bytes that one MPI call moves.
    ///   - limits: how long the group may take to start, and from then on its operations.
    ///   - line: how the fault appears that ends the process when the start takes longer.
    /// - Throws: `Fault` if there is no MPI library for the launcher, MPI does not start, or does not see the processes
    ///   that the launcher started.
    public static func start(
        environment: [String: String], largestMessage: Int = Int(Int32.max), limits: WaitLimits = WaitLimits(),
        line: (Fault) -> String = ProcessGroups.line
    ) throws -> any ProcessGroup {
        guard let launcher = Launcher(environment: environment) else { return SingleProcess() }
        try launcher.requireServer(environment)
        do {
            try MPILibrary.load(for: launcher, environment)
        } catch let fault as Fault where fault.kind == .unavailable && !launcher.isRunning {
            throw launcher.leftOver("no such launcher is to be seen, and no MPI library is there")
        }
        let limit = TimeLimit(seconds: limits.start, rank: launcher.rank ?? 0, line: line)
        let group = try limit.limit(.start) {
            let group = try MPIProcessGroup(largestMessage: largestMessage, limit: limit)
            if launcher.size ?? group.size == group.size, limits.operation > 0 {
                try group.limitWaits(to: limits.operation)
            }
            return group
        }
        if let size = launcher.size, size != group.size {
            try? group.finish()
            guard launcher.isRunning else {
                throw launcher.leftOver("MPI sees \(group.size) instead of \(size) processes")
            }
            throw Fault(
                .usage, launcher.name, "started \(size) processes, of which MPI sees \(group.size)",
                remedy: launcher.family.remedy)
        }
        return group
    }

    /// Starts the group, runs `body` on every rank and ends the group, however `body` ends.
    ///
    /// - Parameters:
    ///   - environment: the process's environment variables.
    ///   - limits: how long ranks wait for others.
    ///   - line: a fault as the line on standard error that one rank writes for the user.
    /// - Returns: the exit code for the process: 0, or that of the fault. Under MPI a fault ends the process here.
    public static func run(
        environment: [String: String], limits: WaitLimits = WaitLimits(),
        line: (Fault) -> String = ProcessGroups.line,
        _ body: (any ProcessGroup) throws -> Void
    ) -> Int32 {
        func report(_ fault: Fault) { writeToStandardError(line(fault)) }
        let group: any ProcessGroup
        do {
            group = try start(environment: environment, limits: limits, line: line)
        } catch {
            // There is no group to agree in: the launcher's own numbering decides which process reports. Where there
            // is no launcher either, there is no other process that would.
            var fault = Fault(describing: error)
            let launcher = Launcher(environment: environment)
            let rank = launcher?.rank ?? 0
            if rank > 0, fault.kind == .unavailable, launcher?.isRunning == true {
                // It may be that only this host lacks something. Where rank 0 lacks it too, the launcher ends this
                // process before it has waited.
                pause(milliseconds: 2000)
                fault = fault.onRank(rank, host: currentHostName())
                report(fault)
            } else if rank == 0 || launcher?.isRunning == false {
                report(fault)
            }
            return fault.exitCode
        }
        do {
            try body(group)
            try group.finish()
            return 0
        } catch let agreed as AgreedFault {
            if group.rank == 0 { report(agreed.fault) }
            // No rank ends the others before the report is out.
            try? group.barrier()
            return leave(group, exitCode: agreed.fault.exitCode)
        } catch let stall as Stall {
            // Ranks that wait for the same one give up at the same moment.
            let fault = (group as? MPIProcessGroup)?.fault(of: stall) ?? Fault(describing: stall)
            if group.claimReport() { report(fault) }
            return leave(group, exitCode: Fault.Kind.internalFault.rawValue)
        } catch {
            var fault = Fault(describing: error)
            if group.size > 1, fault.kind != .usage { fault = fault.onRank(group.rank, host: group.hostName) }
            if group.claimReport() { report(fault) }
            return leave(group, exitCode: fault.exitCode)
        }
    }

    private static func leave(_ group: any ProcessGroup, exitCode: Int32) -> Int32 {
        if group is SingleProcess { return exitCode }
        group.abort(exitCode: exitCode)
    }
}
