// Anything that speaks PMIx: PRRTE's prun, which has started a server of its own, or `srun --mpi=pmix`.

extension LauncherFamily {
    static let pmix = LauncherFamily(
        programs: LauncherFamily.openMPI.programs.union(LauncherFamily.slurm.programs),
        implementations: [.openMPI, .mpich],
        remedy: "load the MPI library that the launcher belongs to, or name it with \(MPILibrary.variable)")
}

extension Launcher {
    /// PMIx tells the number of processes only to those that ask its server.
    @Sendable static func pmix(_ environment: [String: String]) -> Launcher? {
        guard let rank = number("PMIX_RANK", in: environment) else { return nil }
        let tasks = number("SLURM_STEP_NUM_TASKS", in: environment)
        return Launcher(
            name: tasks == nil ? "PMIx launcher" : "srun", size: tasks, rank: rank, variable: "PMIX_RANK",
            family: .pmix)
    }
}
