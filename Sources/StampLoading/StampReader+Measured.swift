import Communication
import Faults
import Lanes
import Preparation
import StampData

extension StampReader {
    /// Training stamps whose numbers are summed by one lane, in order: what is summed together never depends on lanes
    /// or ranks.
    private static let block = InferenceShare.unit

    /// The reader whose normalisation knows what is to be measured on the training set: mean and standard deviation of
    /// `standard`. Every other reader is returned as it is. Collective.
    ///
    /// Each stamp's numbers are added in the order of the files, block by block: the same bits for any ranks and lanes.
    /// Stamps that cannot be used are left out. Where all pixels are equal the deviation is 1, as scikit-learn has it.
    /// - Parameter training: the stamps of the training set.
    /// - Throws: `Fault` when a file cannot be read, or the pixels are too large to be measured.
    func measured(on training: [Int], team: LaneTeam, group: any ProcessGroup) throws -> StampReader {
        guard preparation.normalization.isUnmeasured else { return self }
        let sorted = training.sorted()
        let share = InferenceShare.of(sorted.count, in: group)
        let own = try group.agree { try moments(of: Array(sorted[share]), team: team) }
        let all = try group.allGather(values: own.flatMap { [$0.count, $0.mean, $0.squares] })
        var sums = Array(repeating: PixelMoments(), count: momentCount)
        for (index, place) in stride(from: 0, to: all.count, by: 3).enumerated() {
            sums[index % momentCount].add(
                PixelMoments(count: all[place], mean: all[place + 1], squares: all[place + 2]))
        }
        let deviations = sums.map { $0.squares > 0 ? $0.standardDeviation : 1 }
        guard let scaling = StandardScaling(means: sums.map(\.mean), deviations: deviations) else {
            throw AgreedFault(
                fault: Fault(
                    .badData, "--normalize standard", "the pixels are too large for a mean and a standard deviation",
                    remedy: "mend the files, or use another normalisation"))
        }
        return normalizing(by: .standard(scaling))
    }

    /// The moments of blocks of stamps, `momentCount` of each block.
    private func moments(of stamps: [Int], team: LaneTeam) throws -> [PixelMoments] {
        let blocks = (stamps.count + Self.block - 1) / Self.block
        let count = momentCount
        let sums = UnsafeMutablePointer<PixelMoments>.allocate(capacity: max(blocks * count, 1))
        defer { sums.deallocate() }
        sums.initialize(repeating: PixelMoments(), count: blocks * count)
        let shared = SendablePointer(sums)
        try team.share(blocks, chunk: 1) { [self] _, range in
            for block in range {
                let members = stamps[block * Self.block..<min((block + 1) * Self.block, stamps.count)]
                try add(members, to: shared.pointer + block * count)
            }
        }
        return Array(UnsafeBufferPointer(start: sums, count: blocks * count))
    }

    /// Adds the moments of some stamps in their order. Those that lie close together are read at once.
    private func add(_ members: ArraySlice<Int>, to sums: UnsafeMutablePointer<PixelMoments>) throws {
        var found = Array(repeating: PixelMoments(), count: momentCount)
        var next = members.startIndex
        func add(_ stamp: RawStamp) {
            guard next < members.endIndex, members[next] == stamp.number else { return }
            next += 1
            guard stamp.measure(into: &found) else { return }
            for (index, moments) in found.enumerated() { sums[index].add(moments) }
        }
        let run = members.first!..<members.last! + 1
        if run.count <= 2 * members.count {
            try forEach(run, add)
        } else {
            for stamp in members { try read(stamp, add) }
        }
    }
}
