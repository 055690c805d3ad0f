// Slurm's srun. With --mpi=pmix or --mpi=pmi2 it sets the variables of those too.

extension LauncherFamily {
    static let slurm = LauncherFamily(
        programs: ["slurmstepd", "srun"], implementations: [.mpich, .openMPI],
        remedy: """
            use srun --mpi=pmix or --mpi=pmi2, whichever the MPI library was built for, or mpirun within the job; \
            \(MPILibrary.variable) chooses among several libraries
            """)
}

extension Launcher {
    /// A Slurm batch script has `SLURM_PROCID` too and is not a launch; `srun` with more than one task is one, even when
    /// it was not told about MPI: started as single processes, the tasks would overwrite each other's results.
    @Sendable static func slurm(_ environment: [String: String]) -> Launcher? {
        guard let rank = number("SLURM_PROCID", in: environment),
            let size = number("SLURM_STEP_NUM_TASKS", in: environment), size > 1
        else { return nil }
        return Launcher(name: "srun", size: size, rank: rank, variable: "SLURM_STEP_NUM_TASKS", family: .slurm)
    }
}
