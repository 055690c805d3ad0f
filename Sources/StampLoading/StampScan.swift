import Communication
import Faults
import Lanes
import StampData

/// What is found out about the stamps as they are read: which cannot be normalised, what all of them are, and whether
/// the classes were exchanged.
package enum StampScan {
    /// What every rank knows after the scan.
    package struct Findings {
        /// The numbers of all stamps that cannot be used, in order.
        let unusable: [Int]
        /// Stands for the pixels of all stamps.
        package let fingerprint: DataFingerprint
        /// Whether the "noise" is systematically brighter at the centre than the "sources".
        let classes: SwappedClassCheck.Finding
    }

    /// What a lane or a rank has found so far.
    private struct Part {
        var fingerprint = DataFingerprint()
        var unusable: [Int] = []
        /// The centres' excesses of the noise stamps and of the source stamps that the check of the classes looks at.
        var excesses: (noise: [Double], sources: [Double]) = ([], [])
    }

    /// Does what is assigned, which all ranks together must have cut among them, and tells what was found. Collective.
    ///
    /// - Parameter trained: sees the same stamps.
    static func scan(
        _ assignments: StampAssignments, _ trained: TrainedStampsScan, team: LaneTeam, group: any ProcessGroup
    ) throws -> Findings {
        let collection = assignments.reader.collection
        let parts = UnsafeMutablePointer<Part>.allocate(capacity: team.count)
        parts.initialize(repeating: Part(), count: team.count)
        defer {
            parts.deinitialize(count: team.count)
            parts.deallocate()
        }
        let shared = SendablePointer(parts)
        let isCompared = comparedStamps(collection)
        try group.agree {
            try assignments.carryOut(team: team) { lane, raw, isUsable in
                let stamp = raw.number
                shared.pointer[lane].fingerprint.add(
                    stamp, of: collection, values: raw.values.pointer(collection.values))
                trained.add(raw, lane: lane)
                if !isUsable { shared.pointer[lane].unusable.append(stamp) }
                guard isCompared[stamp],
                    let excess = raw.withFirstChannel({
                        SwappedClassCheck.centreExcess($0, height: collection.height, width: collection.width)
                    })
                else { return }
                if collection.label(stamp) == 0 {
                    shared.pointer[lane].excesses.noise.append(excess)
                } else {
                    shared.pointer[lane].excesses.sources.append(excess)
                }
            }
        }
        var all = Part()
        for lane in 0..<team.count {
            all.fingerprint.add(parts[lane].fingerprint.value)
            all.unusable += parts[lane].unusable
            all.excesses.noise += parts[lane].excesses.noise
            all.excesses.sources += parts[lane].excesses.sources
        }
        return try join(all, collection, in: group)
    }

    /// Which stamps the check of the classes looks at: none unless they are noise and sources.
    private static func comparedStamps(_ collection: StampCollection) -> [Bool] {
        var isCompared = [Bool](repeating: false, count: collection.count)
        guard collection.classes == .noiseAndSource else { return isCompared }
        var wanted = collection.classCounts.map { SwappedClassCheck.indices(among: $0)[...] }
        var seen = [0, 0]
        for stamp in 0..<collection.count {
            let label = collection.label(stamp)
            if wanted[label].first == seen[label] {
                isCompared[stamp] = true
                wanted[label].removeFirst()
            }
            seen[label] += 1
        }
        return isCompared
    }

    /// What all ranks have found together.
    private static func join(
        _ part: Part, _ collection: StampCollection, in group: any ProcessGroup
    ) throws -> Findings {
        var fingerprint = DataFingerprint()
        for value in try group.allGather(values: [part.fingerprint.value]) { fingerprint.add(value) }
        let unusable = try group.allGather(values: part.unusable).sorted()
        var check = SwappedClassCheck(height: collection.height, width: collection.width)
        for excess in try group.allGather(values: part.excesses.noise) {
            check.add(centreExcess: excess, isSource: false)
        }
        for excess in try group.allGather(values: part.excesses.sources) {
            check.add(centreExcess: excess, isSource: true)
        }
        return Findings(unusable: unusable, fingerprint: fingerprint, classes: check.finding)
    }

    /// The fault of stamps that cannot be used: the first one's place, and how many there are.
    package static func fault(_ unusable: [Int], of reader: StampReader) -> Fault {
        let first = reader.collection.location(unusable[0])
        var name = "stamp \(first.index)"
        if reader.spreadCount > 1, let channel = try? reader.read(unusable[0], { $0.firstUnusableChannel }) {
            name = "channel \(reader.name(ofChannel: channel)) of \(name)"
        }
        return Fault(
            .badData, first.path,
            "\(name) is constant or has pixels that are not finite (\(unusable.count) such stamps in all)",
            remedy: "mend the file or leave such stamps out with --skip-bad")
    }
}

extension StampScan {
    /// The fault of a stamp that could be used when it was looked at, and cannot be any more.
    static func changed(_ stamp: Int, of collection: StampCollection) -> Fault {
        let place = collection.location(stamp)
        return Fault(
            .badData, place.path, "stamp \(place.index) has changed since the run began",
            remedy: "leave the files alone while a run reads them")
    }
}

extension StampScan.Findings {
    /// What to tell the user if the classes look exchanged.
    package var swappedClassesWarning: String? {
        guard case .swapped(let share, _) = classes else { return nil }
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
