import CKernels
import Communication
import Faults
import Models
import Tensors

/// The kinds of loops that ranks run: the same bits require the same kinds everywhere.
package enum ProcessorKernels {
    /// The type of the program's own loops, for instance `avx512`.
    private static var loops: String { String(cString: vector_kernel_type()) }

    /// OpenBLAS' processor type and that of this rank's own loops, for instance `Zen/avx512`.
    static var own: String { "\(MatrixProduct.kernelType)/\(loops)" }

    /// The type of this rank, once the own loops of all ranks are known to have the same. Collective.
    package static func agreed(in group: any ProcessGroup) throws -> String {
        try check(loops, in: group, remedy: "use nodes of one kind")
        return own
    }

    /// Checks, if a network calls OpenBLAS, that its processor types are the same on all ranks. Collective.
    package static func check(_ networks: [Network], in group: any ProcessGroup) throws {
        guard networks.contains(where: \.callsOpenBLAS) else { return }
        try check(
            own, in: group,
            remedy: """
                use nodes of one kind, or set OPENBLAS_CORETYPE to the same type on all (for instance Haswell; mpirun \
                takes it to other hosts with -x OPENBLAS_CORETYPE)
                """)
    }

    private static func check(_ type: String, in group: any ProcessGroup, remedy: String) throws {
        let all = try group.allGather(text: type)
        guard let other = all.firstIndex(where: { $0 != all[0] }) else { return }
        throw AgreedFault(
            fault: Fault(
                .usage, "processors",
                "rank 0 computes with \(all[0]) loops, rank \(other) with \(all[other]), whose bits differ",
                remedy: remedy))
    }
}
