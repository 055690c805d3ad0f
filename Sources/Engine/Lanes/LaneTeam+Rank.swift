import CKernels
import Communication
import Lanes
import Logging
import Tensors

extension LaneTeam {
    /// The lanes of a rank: as many as asked for, or as processors that it may use. Collective.
    ///
    /// - Throws: `AgreedFault` if the system refuses a rank its threads or their memory.
    public static func forRank(threads: Int?, group: any ProcessGroup, logger: Logger) throws -> LaneTeam {
        MatrixProduct.useOneThread()
        let available = Int(available_processors())
        let count = threads ?? available
        if count > available {
            logger.warning(
                """
                rank \(group.rank) on \(group.hostName) runs \(count) threads on \(available) processors; \
                use --threads \(available), or let mpirun bind a rank to more (--map-by slot:PE=\(count))
                """)
        }
        return try group.agree {
            try MatrixProduct.reserveWorkspace(threads: count)
            return try LaneTeam(count: count)
        }
    }
}
