import Communication
import Faults
import StampData

extension StampCollection {
    /// Opens stamps on every rank, and makes sure that all ranks see as many of each class and of one size: where machines
    /// hold other files under the same names, each rank would plan another run, and they would wait for each other for ever.
    /// Collective.
    ///
    /// - Throws: `AgreedFault` if a rank cannot open them, or sees others than rank 0.
    static func agreed(in group: any ProcessGroup, _ open: () throws -> StampCollection) throws -> StampCollection {
        let collection = try group.agree(open)
        let all = try group.allGather(Array(collection.extent.utf8)).map { String(decoding: $0, as: UTF8.self) }
        if let other = all.firstIndex(where: { $0 != all[0] }) {
            throw AgreedFault(
                fault: Fault(
                    .badData, "stamps", "rank 0 finds \(all[0]), rank \(other) finds \(all[other])",
                    remedy: "give all machines the same files"))
        }
        return collection
    }

    /// How many stamps there are of class 0 and class 1, and of what size.
    private var extent: String { "\(noiseCount) + \(sourceCount) of \(height)×\(width)" }
}
