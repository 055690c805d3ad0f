import Communication
import Faults
import StampData

/// Looks at every stamp once before it is used: which cannot be normalised, what all of them are, and whether the classes
/// were exchanged.
enum StampScan {
    /// What every rank knows after the scan.
    struct Findings {
        /// The numbers of all stamps that cannot be used, in order.
        let unusable: [Int]
        /// Stands for the pixels of all stamps.
        let fingerprint: DataFingerprint
    }

    /// Scans all stamps, each rank its share. Collective.
    static func scan(
        _ collection: StampCollection, normalization: Normalization, team: LaneTeam, group: any ProcessGroup
    ) throws -> Findings {
        let share = (0..<collection.count).balancedRuns(over: group.size)[group.rank]
        let flags = UnsafeMutablePointer<Bool>.allocate(capacity: max(share.count, 1))
        flags.initialize(repeating: false, count: max(share.count, 1))
        defer { flags.deallocate() }
        let fingerprints = UnsafeMutablePointer<DataFingerprint>.allocate(capacity: team.count)
        fingerprints.initialize(repeating: DataFingerprint(), count: team.count)
        defer { fingerprints.deallocate() }
        let (results, sums) = (SendablePointer(flags), SendablePointer(fingerprints))
        try team.share(share.count, chunk: 256) { lane, range in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: collection.pixels) { scratch in
                let pixels = scratch.baseAddress!
                for index in range {
                    let stamp = share.lowerBound + index
                    collection.copyStamp(stamp, into: pixels)
                    sums.pointer[lane].add(stamp: stamp, pixels: pixels, count: collection.pixels)
                    results.pointer[index] = !normalization.isUsable(pixels: pixels, count: collection.pixels)
                }
            }
        }
        var fingerprint = DataFingerprint()
        for lane in 0..<team.count { fingerprint.add(fingerprints[lane].value) }
        let mine = share.filter { flags[$0 - share.lowerBound] }
        return try join(fingerprint, mine, in: group)
    }

    /// What all ranks have found together.
    private static func join(
        _ fingerprint: DataFingerprint, _ unusable: [Int], in group: any ProcessGroup
    ) throws -> Findings {
        let mine = [Int64(bitPattern: fingerprint.value)] + unusable.map { Int64($0) }
        let parts = try group.allGather(mine.withUnsafeBytes { Array($0) }).map { part in
            part.withUnsafeBytes { Array($0.bindMemory(to: Int64.self)) }
        }
        var all = DataFingerprint()
        for part in parts { all.add(UInt64(bitPattern: part[0])) }
        return Findings(unusable: parts.flatMap { $0.dropFirst().map { Int($0) } }, fingerprint: all)
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
