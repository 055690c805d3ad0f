import CMPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

// MPICH and what shares its binary interface: Intel MPI, Cray MPICH, MVAPICH. Their mpiexec (hydra) sets PMI_RANK and
// PMI_SIZE, and PMI_FD to the socket of its proxy. It passes SIGUSR1 on to the ranks, ends them when one is lost, and
// returns the exit code of the rank, or the signal's number (9, not 137).

extension MPIImplementation {
    /// Debian calls the library libmpich, Cray names it after the compiler.
    static let mpich = MPIImplementation(
        name: "MPICH", key: "mpich", interface: CMPI_MPICH,
        libraries: ["libmpi.so.12", "libmpich.so.12", "libmpi_gnu.so.12", "libmpi_cray.so.12"])
}

extension LauncherFamily {
    static let mpich = LauncherFamily(
        programs: [
            "mpiexec", "mpirun", "hydra_pmi_proxy", "hydra_bstrap_pr", "pmi_proxy", "mpiexec.hydra", "mpiexec.mpich",
            "mpirun.mpich",
        ],
        implementations: [.mpich], remedy: "use the mpiexec that belongs to the MPICH library")
}

extension Launcher {
    /// `mpiexec` of MPICH's family, or whatever else speaks PMI-1 or PMI-2 (`srun --mpi=pmi2`).
    @Sendable static func pmi(_ environment: [String: String]) -> Launcher? {
        guard let rank = number("PMI_RANK", in: environment), let size = number("PMI_SIZE", in: environment) else {
            return nil
        }
        let isSlurm = environment["SLURM_STEP_NUM_TASKS"] != nil
        return Launcher(
            name: isSlurm ? "srun" : "mpiexec", size: size, rank: rank, variable: "PMI_RANK",
            family: isSlurm ? .slurm : .mpich)
    }

    /// Whether PMI_FD names a descriptor that is no socket: a process that was started otherwise does not have it.
    static func isPMISocketGone(_ environment: [String: String]) -> Bool {
        guard let descriptor = number("PMI_FD", in: environment).flatMap(Int32.init(exactly:)) else { return false }
        var status = stat()
        return fstat(descriptor, &status) != 0 || status.st_mode & S_IFMT != S_IFSOCK
    }
}
