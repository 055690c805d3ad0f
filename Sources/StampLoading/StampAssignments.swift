import Lanes
import StampData
import Tensors

/// What a rank does with each stamp of a collection in one pass over the files: keep it normalised in memory, look at
/// it only, or leave it to other ranks.
struct StampAssignments: @unchecked Sendable {
    private enum Use: UInt8 {
        case leave, look, keep
    }

    /// Memory for stamps that are kept one behind the other, and for the spreads of the channels of those that will be
    /// augmented.
    private struct Region {
        /// The number of the first one among all that are kept.
        let start: Int
        let memory: MutableFloatView
        let spreads: MutableFloatView?
    }

    /// Stamps that a lane reads before it asks for more: so many that asking costs nothing, and so few that the
    /// second-level cache holds them.
    private static let chunk = 64

    let reader: StampReader
    // Some bytes a stamp, since a collection may hold thousands of millions.
    private var uses: [Use]
    /// Of each stamp that is kept its number among all of them.
    private var places: [UInt32]
    /// The numbers under which stamps are kept beside that.
    private var copies: [Int: [UInt32]] = [:]
    private var regions: [Region] = []
    private var kept = 0

    /// Leaves all stamps.
    init(_ reader: StampReader) {
        self.reader = reader
        uses = Array(repeating: .leave, count: reader.collection.count)
        places = Array(repeating: 0, count: reader.collection.count)
    }

    /// Assigns stamps to be looked at.
    mutating func look(at stamps: some Sequence<Int>) {
        for stamp in stamps { uses[stamp] = .look }
    }

    /// A stamp to be kept.
    struct Kept {
        let stamp: Int
        /// Whether it is looked at too: of a stamp that is kept several times, one is.
        let isLookedAt: Bool
    }

    /// Assigns stamps to be kept one behind the other in memory that outlives the pass.
    mutating func keep(_ stamps: some Sequence<Int>, at memory: MutableFloatView) {
        keep(stamps.lazy.map { Kept(stamp: $0, isLookedAt: true) }, at: memory, spreads: nil)
    }

    /// The same; with memory for the spreads of each channel's sky, as they are before augmentation and normalisation.
    mutating func keep(_ stamps: some Sequence<Kept>, at memory: MutableFloatView, spreads: MutableFloatView?) {
        regions.append(Region(start: kept, memory: memory, spreads: spreads))
        for each in stamps {
            if each.isLookedAt {
                uses[each.stamp] = .keep
                places[each.stamp] = UInt32(kept)
            } else {
                copies[each.stamp, default: []].append(UInt32(kept))
            }
            kept += 1
        }
    }

    /// Reads and normalises all assigned stamps in the order of the files, so that a disk is read from front to back.
    ///
    /// - Parameter inspect: sees each assigned stamp as it is in the file, and whether it can be normalised; the memory
    ///   of one that cannot is undefined. Any lane.
    func carryOut(
        team: LaneTeam, inspect: @escaping @Sendable (_ lane: Int, RawStamp, _ isUsable: Bool) -> Void
    ) throws {
        let collection = reader.collection
        try team.share(collection.count, chunk: Self.chunk) { [self] lane, stamps in
            var next = stamps.lowerBound
            while next < stamps.upperBound {
                let part = next..<min(stamps.upperBound, collection.endOfFile(holding: next))
                next = part.upperBound
                let assigned = part.count(where: isAssigned)
                guard assigned > 0 else { continue }
                if assigned > part.count / 2 {
                    try read(part) { inspect(lane, $0, $1) }
                } else {
                    // Other ranks have most of them: each stamp is read alone.
                    for stamp in part where isAssigned(stamp) {
                        try read(stamp..<stamp + 1) { inspect(lane, $0, $1) }
                    }
                }
            }
        }
    }

    private func isAssigned(_ stamp: Int) -> Bool {
        uses[stamp] != .leave || !copies.isEmpty && copies[stamp] != nil
    }

    /// Reads a run of stamps at once and normalises those that are assigned.
    private func read(_ stamps: Range<Int>, inspect: (RawStamp, _ isUsable: Bool) -> Void) throws {
        try reader.forEach(stamps) { stamp in
            switch uses[stamp.number] {
            case .leave: break
            case .look: inspect(stamp, stamp.isUsable)
            case .keep: inspect(stamp, keep(stamp, at: places[stamp.number]))
            }
            guard !copies.isEmpty, let places = copies[stamp.number] else { return }
            // Whoever looks at the stamp tells when it cannot be used.
            for place in places { _ = keep(stamp, at: place) }
        }
    }

    /// Normalises a stamp to its place, or puts it there as it is augmented from.
    /// - Returns: whether it can be used.
    private func keep(_ stamp: RawStamp, at place: UInt32) -> Bool {
        let place = Int(place)
        let region = regions.last { $0.start <= place }!
        let local = place - region.start
        guard let spreads = region.spreads else {
            return stamp.write(to: region.memory.slice(reader.valueCount, at: local * reader.valueCount))
        }
        return stamp.write(
            to: region.memory.slice(reader.keptCount, at: local * reader.keptCount),
            spreads: spreads.pointer(reader.spreadCount, at: local * reader.spreadCount))
    }
}
