import CKernels
import Communication
import Faults
import Tensors

/// The kinds of loops that ranks run: the same bits require the same kinds everywhere.
package enum ProcessorKernels {
    /// OpenBLAS' processor type and that of the vector loops, for instance `Zen/avx512`.
    static var own: String { "\(MatrixProduct.kernelType)/\(String(cString: vector_kernel_type()))" }

    /// The type of this rank, once all ranks are known to have the same.
    package static func agreed(in group: any ProcessGroup) throws -> String {
        let all = try group.allGather(text: own)
        if let other = all.firstIndex(where: { $0 != all[0] }) {
            // OPENBLAS_CORETYPE sets OpenBLAS' half of the type; this program's own loops follow the processor.
            let ownLoops = [0, other].map { all[$0].split(separator: "/").last }
            throw AgreedFault(
                fault: Fault(
                    .usage, "processors",
                    "rank 0 computes with \(all[0]) loops, rank \(other) with \(all[other]), whose bits differ",
                    remedy: ownLoops[0] != ownLoops[1]
                        ? "use nodes of one kind"
                        : """
                        use nodes of one kind, or set OPENBLAS_CORETYPE to the same type on all (for instance Haswell; \
                        mpirun takes it to other hosts with -x OPENBLAS_CORETYPE)
                        """
                ))
        }
        return own
    }
}
