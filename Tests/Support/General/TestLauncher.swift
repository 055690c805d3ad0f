import Foundation

/// The launchers under which tests start ranks: those of the implementations of MPI that this machine has.
public enum TestLauncher: String, CaseIterable, Sendable, CustomStringConvertible {
    case openMPI = "Open MPI"
    case mpich = "MPICH"

    public var description: String { rawValue }

    /// What is installed; `launch/test.sh` sees to both. `MPIRUN_OPENMPI` and `MPIRUN_MPICH` name others than those of
    /// the system.
    public static let installed = allCases.filter { $0.program != nil }

    /// The launcher of tests that need any. Without one they fail, and name what is missing.
    public static let usual = installed.first ?? .openMPI

    /// The command that starts more ranks than there are processors, up to its `-n`.
    public var command: [String] {
        let program = program ?? "mpirun"
        return self == .openMPI ? [program, "--oversubscribe"] : [program]
    }

    /// Open MPI's mpirun refuses root unless it is told twice.
    static let environment = ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]

    /// What `mpirun` returns when a signal has ended a rank.
    public func status(ofSignal number: Int32) -> Int32 { self == .openMPI ? 128 + number : number }

    /// Whether `mpirun` may return a status when one rank has left with a code and the others were ended for it: Hydra
    /// returns the code, or the signal that ended the others.
    public func mayReturn(_ status: Int32, ofRankThatLeft code: Int32) -> Bool {
        status == code || self == .mpich && status == SIGKILL
    }

    private static let programs = allCases.reduce(into: [TestLauncher: String]()) { $0[$1] = $1.found() }
    private var program: String? { Self.programs[self] }

    /// By its name in Debian, or as `mpirun` if that says so.
    private func found() -> String? {
        let variable = self == .openMPI ? "MPIRUN_OPENMPI" : "MPIRUN_MPICH"
        if let program = ProcessInfo.processInfo.environment[variable], !program.isEmpty { return program }
        let names = self == .openMPI ? ["mpirun.openmpi", "mpirun"] : ["mpiexec.mpich", "mpiexec.hydra", "mpirun"]
        let mark = self == .openMPI ? "Open MPI" : "HYDRA"
        return names.first { name in
            let answer = try? run(
                URL(fileURLWithPath: "/usr/bin/env"), arguments: [name, "--version"], environment: Self.environment,
                timeout: 20)
            return answer.map { $0.status == 0 && ($0.standardOutput + $0.standardError).contains(mark) } ?? false
        }
    }
}
