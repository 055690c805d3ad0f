import CMPI

/// An implementation of MPI, or a family of them with one binary interface.
///
/// What is particular to one is in its own file here: `OpenMPI.swift` and `MPICH.swift`, `PMIx.swift` and `Slurm.swift`
/// for launchers that serve both. For the scripts it is in `launch/mpi`.
struct MPIImplementation: Hashable, Sendable {
    /// Its usual name, for messages.
    let name: String
    /// What `SWIFT_RUN_TRAINER_MPI` calls it, and the names of modules and of shims.
    let key: String
    /// How the library is called.
    let interface: cmpi_implementation
    /// The library's names, the most likely one first.
    let libraries: [String]

    /// Every implementation that can be asked for.
    static let all: [MPIImplementation] = [.openMPI, .mpich]

    /// The file of a shim for it: `launch/build.sh` puts it beside the program.
    var shim: String { "libswift-run-trainer-\(key).so" }
}
