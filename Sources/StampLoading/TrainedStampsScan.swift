import Communication
import Lanes
import StampData

/// Gathers the hashes of the stamps that a run trains on, as they are read: each rank and each lane its own.
final class TrainedStampsScan: @unchecked Sendable {
    private let isTraining: [Bool]
    private let limit: UInt64
    private let values: Int
    /// A list for each lane, which alone adds to it.
    private let lanes: UnsafeMutablePointer<[UInt64]>
    private let count: Int

    /// - Parameter training: the stamps that are trained on.
    init(_ training: [Int], of collection: StampCollection, team: LaneTeam) {
        var isTraining = [Bool](repeating: false, count: collection.count)
        for stamp in training { isTraining[stamp] = true }
        self.isTraining = isTraining
        (limit, values) = (TrainedStamps.limit(stamps: training.count), collection.values)
        count = team.count
        lanes = .allocate(capacity: count)
        lanes.initialize(repeating: [], count: count)
    }

    deinit {
        lanes.deinitialize(count: count)
        lanes.deallocate()
    }

    /// Looks at a stamp, if it is one of them. Called once for each.
    func add(_ stamp: RawStamp, lane: Int) {
        guard isTraining[stamp.number] else { return }
        let hash = TrainedStamps.hash(stamp.values.pointer(values), count: values)
        if hash <= limit { lanes[lane].append(hash) }
    }

    /// What all ranks have found, on rank 0; nil elsewhere. Collective.
    func gathered(in group: any ProcessGroup) throws -> TrainedStamps? {
        let own = (0..<count).flatMap { lanes[$0] }
        return try group.gather(values: own).map { TrainedStamps(limit: limit, hashes: $0.flatMap { $0 }) }
    }
}
