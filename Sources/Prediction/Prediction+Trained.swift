import Communication
import Faults
import Files
import Lanes
import RunRecords
import StampData
import StampLoading

/// Whether models are asked about stamps that they have learnt.
extension Prediction {
    /// How many of some stamps a model was trained on: on rank 0; nil elsewhere, and where no model is in the folder of
    /// its run. Collective.
    ///
    /// - Parameter numbers: of the stamps.
    func trained(on numbers: [Int], of stamps: StampCollection) throws -> TrainedStamps.Overlap? {
        let known = try group.shared { try trainedStamps() }
        guard !known.isEmpty else { return nil }
        let team = try team()
        defer { team.finish() }
        let values = stamps.values
        let reader = StampReader(stamps, .none)
        let own = Array(numbers[numbers.indices.balancedRuns(over: group.size)[group.rank]])
        let found = SharedOverlap(lanes: team.count)
        try group.agree {
            try team.share(own.count, chunk: 64) { lane, range in
                for place in range {
                    try reader.read(own[place]) { stamp in
                        let hash = TrainedStamps.hash(stamp.values.pointer(values), count: values)
                        found.update(lane) { known.look(for: hash, &$0) }
                    }
                }
            }
        }
        let all = try group.allGather(values: [found.total])
        guard group.rank == 0 else { return nil }
        var overlap = TrainedStamps.Overlap()
        for part in all { overlap.add(part) }
        return overlap
    }

    /// Those of each model that is in the folder of its run.
    private func trainedStamps() throws -> [TrainedStamps] {
        try members.compactMap { member in
            let folder = RunFolder(FileAccess.split(member.path).folder)
            guard
                [folder.model, folder.kerasModel].contains(where: {
                    FileAccess.split($0).name == FileAccess.split(member.path).name
                }),
                FileAccess.exists(folder.trainingStamps)
            else { return nil }
            return try TrainedStampsFile.read(folder.trainingStamps)
        }
    }
}

/// An overlap for each lane, which alone changes it.
private final class SharedOverlap: @unchecked Sendable {
    private let lanes: UnsafeMutablePointer<TrainedStamps.Overlap>
    private let count: Int

    init(lanes count: Int) {
        self.count = count
        lanes = .allocate(capacity: count)
        lanes.initialize(repeating: TrainedStamps.Overlap(), count: count)
    }

    deinit { lanes.deallocate() }

    func update(_ lane: Int, _ body: (inout TrainedStamps.Overlap) -> Void) { body(&lanes[lane]) }

    var total: TrainedStamps.Overlap {
        (0..<count).reduce(into: TrainedStamps.Overlap()) { all, lane in all.add(lanes[lane]) }
    }
}
