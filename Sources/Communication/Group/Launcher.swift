/// The program that started this process together with others, recognised by its environment variables.
public struct Launcher: Hashable, Sendable {
    /// The launcher's usual name, for messages.
    public let name: String
    /// The number of processes it started, if it says so.
    public let size: Int?
    /// This process's number, if it says so.
    public let rank: Int?

    /// The environment variable that it is known by.
    public let variable: String

    public init(name: String, size: Int?, rank: Int?, variable: String) {
        self.name = name
        self.variable = variable
        self.size = size
        self.rank = rank
    }

    /// The launcher that `environment` reveals, or nil when the process was started on its own.
    ///
    /// Open MPI's `mpirun` sets `OMPI_COMM_WORLD_SIZE` and `OMPI_COMM_WORLD_RANK`; anything that speaks PMIx sets
    /// `PMIX_RANK` (`srun --mpi=pmix`, PRRTE); PMI-1 and PMI-2 launchers (`srun --mpi=pmi2`, MPICH's `mpiexec`) set
    /// `PMI_RANK` and `PMI_SIZE`. A Slurm batch script has `SLURM_PROCID` too and is not a launch; `srun` with more
    /// than one task (`SLURM_STEP_NUM_TASKS`) is one, even when it was not told about MPI: started as single
    /// processes, the tasks would overwrite each other's results.
    public init?(environment: [String: String]) {
        func number(_ key: String) -> Int? { environment[key].flatMap { Int($0) } }

        if let size = number("OMPI_COMM_WORLD_SIZE") {
            self.init(
                name: "mpirun", size: size, rank: number("OMPI_COMM_WORLD_RANK"),
                variable: "OMPI_COMM_WORLD_SIZE")
        } else if let rank = number("PMIX_RANK") {
            let isSlurm = environment["SLURM_STEP_NUM_TASKS"] != nil
            self.init(
                name: isSlurm ? "srun" : "PMIx launcher", size: isSlurm ? number("SLURM_STEP_NUM_TASKS") : nil,
                rank: rank, variable: "PMIX_RANK")
        } else if let rank = number("PMI_RANK"), let size = number("PMI_SIZE") {
            self.init(
                name: environment["SLURM_STEP_NUM_TASKS"] != nil ? "srun" : "mpiexec", size: size, rank: rank,
                variable: "PMI_RANK")
        } else if let rank = number("SLURM_PROCID"), let size = number("SLURM_STEP_NUM_TASKS"), size > 1 {
            self.init(name: "srun", size: size, rank: rank, variable: "SLURM_STEP_NUM_TASKS")
        } else {
            return nil
        }
    }
}
