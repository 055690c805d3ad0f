import CKernels
import Communication
import Faults
import Logging
import Models
import Tensors

/// What the bits of results depend on beside the run's settings: the arithmetic of the program's own loops, and, where a
/// network calls it, OpenBLAS.
package enum ProcessorKernels {
    /// What ranks compute with: the same bits require the same everywhere. All loops with fused multiply-add give the
    /// same bits, whatever the processor (`Tests/Processors`).
    private static var arithmetic: String {
        has_fused_multiply_add() != 0 ? "fused multiply-add" : "no fused multiply-add"
    }

    /// OpenBLAS' processor type and that of this rank's own loops, for instance `Zen/avx512`.
    private static var own: String { "\(MatrixProduct.kernelType)/\(String(cString: vector_kernel_type()))" }

    /// What the bits of these networks' results depend on, here.
    package static func dependencies(of networks: [Network]) -> [String] {
        let callsOpenBLAS = networks.contains(where: \.callsOpenBLAS)
        return [arithmetic]
            + (callsOpenBLAS ? ["OpenBLAS for \(MatrixProduct.kernelType)", MatrixProduct.configuration] : [])
    }

    /// The type of this rank, once all ranks are known to compute the same bits with the program's own loops. Collective.
    ///
    /// Rank 0 warns if these are other bits than those of most processors.
    package static func agreed(in group: any ProcessGroup, _ logger: Logger) throws -> String {
        try check([arithmetic], in: group, remedy: "use nodes whose processors have fused multiply-add")
        if group.rank == 0, has_fused_multiply_add() == 0 {
            logger.warning(
                "this processor has no fused multiply-add: results differ in the last bits from those of processors with it"
            )
        }
        return own
    }

    /// Checks, if a network calls OpenBLAS, that it computes the same bits on all ranks. Collective.
    package static func check(_ networks: [Network], in group: any ProcessGroup) throws {
        guard networks.contains(where: \.callsOpenBLAS) else { return }
        try check(
            dependencies(of: networks), in: group,
            remedy: """
                give --bits portable, use nodes of one kind, or set OPENBLAS_CORETYPE to the same type on all (for \
                instance Haswell; mpirun takes it to other hosts with -x OPENBLAS_CORETYPE)
                """)
    }

    private static func check(_ dependencies: [String], in group: any ProcessGroup, remedy: String) throws {
        let all = try group.allGather(text: dependencies.joined(separator: "\n"))
        guard let other = all.firstIndex(where: { $0 != all[0] }) else { return }
        let (first, second) = (all[0].split(separator: "\n"), all[other].split(separator: "\n"))
        let (mine, theirs) = zip(first, second).first { $0 != $1 } ?? (first[0], second[0])
        throw AgreedFault(
            fault: Fault(
                .usage, "processors",
                "rank 0 computes with \(mine), rank \(other) with \(theirs), whose bits differ", remedy: remedy))
    }
}
