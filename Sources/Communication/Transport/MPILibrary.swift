import CMPI
import Faults
import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The MPI library that this process has opened: none is linked with the program, so that the same binary runs without
/// any and under every launcher.
public struct MPILibrary: Hashable, Sendable, CustomStringConvertible {
    /// The environment variable that chooses among several libraries: `openmpi`, `mpich`, or a file.
    public static let variable = "SWIFT_RUN_TRAINER_MPI"

    /// What the library calls itself (`MPI_Get_library_version`).
    public let version: String
    /// Its file.
    public let path: String

    public var description: String { "\(version) (\(path))" }

    /// Opens the library that belongs to the launcher. At most once in a process.
    ///
    /// Of what the launcher's family can start, the first that can be opened is taken, each as a shim beside the program
    /// or in `../lib`, from the folder of the launcher, or where the dynamic linker finds it (`LD_LIBRARY_PATH`). A
    /// family whose launchers serve several implementations prefers that whose folder comes first in `LD_LIBRARY_PATH`.
    ///
    /// - Throws: `Fault(.unavailable)` if there is none, `Fault(.usage)` for a variable that names none.
    @discardableResult
    public static func load(for launcher: Launcher, _ environment: [String: String]) throws -> MPILibrary {
        var reasons: [String] = []
        func open(_ path: String, _ interface: cmpi_implementation) -> Bool {
            var reason = [CChar](repeating: 0, count: Int(CMPI_TEXT_CAPACITY))
            if cmpi_load(path, interface, &reason) { return true }
            reasons.append(text(ofC: reason))
            return false
        }
        let wanted = environment[variable].flatMap { $0.isEmpty ? nil : $0 }
        if let path = wanted, path.contains("/") {
            guard open(path, CMPI_ANY) else {
                throw Fault(
                    .usage, variable, "\(path) cannot be opened as an MPI library (\(reasons[0]))",
                    remedy: "name the file of the MPI library that \(launcher.name) belongs to, or unset the variable")
            }
            return loaded
        }
        var implementations = ordered(launcher.family.implementations, environment)
        if let wanted {
            implementations = MPIImplementation.all.filter { $0.key == wanted }
            guard !implementations.isEmpty else {
                let keys = MPIImplementation.all.map(\.key).joined(separator: ", ")
                throw Fault(
                    .usage, variable, "\(wanted) is no MPI library",
                    remedy: "give one of \(keys), or the path of a library")
            }
        }
        for implementation in implementations {
            for path in candidates(implementation) where open(path, implementation.interface) { return loaded }
        }
        let names = implementations.map(\.name).joined(separator: " or ")
        let keys = implementations.map(\.key).joined(separator: " or ")
        throw Fault(
            .unavailable, launcher.name,
            "started this process, but no library of \(names) can be opened (\(reasons.first ?? "none found"))",
            remedy: """
                make it available on every host (module load \(keys)), or name its file with \
                \(variable)=/path/to/\(implementations[0].libraries[0])
                """)
    }

    /// What has been opened.
    private static var loaded: MPILibrary {
        var version = [CChar](repeating: 0, count: Int(CMPI_TEXT_CAPACITY))
        var path = version
        cmpi_library_version(&version)
        cmpi_library_path(&path)
        // MPICH aligns with blanks, Open MPI goes on about its package.
        let words = text(ofC: version).prefix { $0 != "," }.split { $0 == " " || $0 == "\t" }
        return MPILibrary(version: words.joined(separator: " "), path: text(ofC: path))
    }

    /// Files that exist, and after them names for the dynamic linker.
    private static func candidates(_ implementation: MPIImplementation) -> [String] {
        let program = folder(ofProcess: "self").map { [$0, parent(of: $0) + "/lib"] } ?? []
        let shims = program.map { "\($0)/\(implementation.shim)" }
        let launchers = Launcher.ancestors.compactMap { folder(ofProcess: String($0.process)) }
        let installed = launchers.flatMap { bin in
            ["lib", "lib64"].flatMap { lib in implementation.libraries.map { "\(parent(of: bin))/\(lib)/\($0)" } }
        }
        return (shims + installed).filter { access($0, R_OK) == 0 } + implementation.libraries
    }

    /// The folder of the program that a process runs; nil where the system does not tell.
    private static func folder(ofProcess process: String) -> String? {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe")).map(parent)
    }

    /// The folder that an absolute path lies in.
    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    /// Those first whose library stands in an earlier folder of `LD_LIBRARY_PATH`, as a module leaves it.
    private static func ordered(
        _ implementations: [MPIImplementation], _ environment: [String: String]
    ) -> [MPIImplementation] {
        let folders = (environment["LD_LIBRARY_PATH"] ?? "").split(separator: ":")
        func place(_ implementation: MPIImplementation) -> Int {
            folders.firstIndex { folder in
                implementation.libraries.contains { access("\(folder)/\($0)", R_OK) == 0 }
            } ?? folders.count
        }
        return implementations.enumerated()
            .sorted { (place($0.element), $0.offset) < (place($1.element), $1.offset) }.map(\.element)
    }
}
