import Communication
import Faults
import StampData

/// Looks at every stamp once before it is used: which cannot be normalised, and whether the classes were exchanged.
enum StampScan {
    /// The numbers of all stamps that cannot be used, in order, on every rank. Each rank looks at its share.
    static func unusableStamps(
        _ collection: StampCollection, normalization: Normalization, team: LaneTeam, group: any ProcessGroup
    ) throws -> [Int] {
        let share = (0..<collection.count).balancedRuns(over: group.size)[group.rank]
        let flags = UnsafeMutablePointer<Bool>.allocate(capacity: max(share.count, 1))
        flags.initialize(repeating: false, count: max(share.count, 1))
        defer { flags.deallocate() }
        let results = SendablePointer(flags)
        try team.share(share.count, chunk: 256) { _, range in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: collection.pixels) { scratch in
                for index in range {
                    collection.copyStamp(share.lowerBound + index, into: scratch.baseAddress!)
                    results.pointer[index] = !normalization.isUsable(
                        pixels: scratch.baseAddress!, count: collection.pixels)
                }
            }
        }
        let mine = share.indices.filter { flags[$0 - share.lowerBound] }.map { Int64($0) }
        let gathered = try group.allGather(mine.withUnsafeBytes { Array($0) })
        return gathered.flatMap { part in part.withUnsafeBytes { $0.bindMemory(to: Int64.self).map { Int($0) } } }
    }

    /// The fault of stamps that cannot be used: the first one's place, and how many there are.
    static func fault(_ unusable: [Int], in collection: StampCollection) -> Fault {
        let first = collection.location(unusable[0])
        return Fault(
            .badData, first.path,
            "stamp \(first.index) is constant or has pixels that are not finite (\(unusable.count) such stamps in all)",
            remedy: "mend the file or leave such stamps out with --skip-bad")
    }

    /// What to tell the user if the "noise" is systematically brighter at the centre than the "sources".
    static func swappedClassesWarning(_ collection: StampCollection) -> String? {
        var check = SwappedClassCheck(height: collection.height, width: collection.width)
        var pixels = [Double](repeating: 0, count: collection.pixels)
        for (start, count, isSource) in [
            (0, collection.noiseCount, false), (collection.noiseCount, collection.sourceCount, true),
        ] {
            for index in SwappedClassCheck.indices(among: count) {
                pixels.withUnsafeMutableBufferPointer { collection.copyStamp(start + index, into: $0.baseAddress!) }
                check.add(pixels, isSource: isSource)
            }
        }
        guard case .swapped(let share, _) = check.verdict else { return nil }
        let percent = Int((100 * share).rounded())
        return
            "the classes look exchanged: in \(percent) % of pairs the noise stamp is brighter at its centre than the "
            + "source stamp; if so, exchange the files of --sources and --noise (or rename those in --data)"
    }
}

/// A pointer that lanes share, each writing its own elements.
struct SendablePointer<Element>: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Element>
    init(_ pointer: UnsafeMutablePointer<Element>) { self.pointer = pointer }
}
