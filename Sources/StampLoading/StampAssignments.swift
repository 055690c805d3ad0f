import Lanes
import StampData

/// What a rank does with each stamp of a collection in one pass over the files: keep it normalised in memory, look at
/// it only, or leave it to other ranks.
struct StampAssignments: @unchecked Sendable {
    private enum Use: UInt8 {
        case leave, look, keep
    }

    /// Memory for stamps that are kept one behind the other, and for the spreads of those that will be augmented.
    fileprivate struct Region {
        /// The number of the first one among all that are kept.
        let start: Int
        let memory: UnsafeMutablePointer<Float>
        let spreads: UnsafeMutablePointer<Float>?
    }

    /// Stamps that a lane reads before it asks for more: so many that asking costs nothing, and so few that the
    /// second-level cache holds them.
    private static let chunk = 64

    private let collection: StampCollection
    // Some bytes a stamp, since a collection may hold thousands of millions.
    private var uses: [Use]
    /// Of each stamp that is kept its number among all of them.
    private var places: [UInt32]
    private var regions: [Region] = []
    private var kept = 0

    /// Leaves all stamps.
    init(_ collection: StampCollection) {
        self.collection = collection
        uses = Array(repeating: .leave, count: collection.count)
        places = Array(repeating: 0, count: collection.count)
    }

    /// Assigns stamps to be looked at.
    mutating func look(at stamps: some Sequence<Int>) {
        for stamp in stamps { uses[stamp] = .look }
    }

    /// Assigns stamps to be kept one behind the other in memory that outlives the pass.
    mutating func keep(_ stamps: some Sequence<Int>, at memory: UnsafeMutablePointer<Float>) {
        keep(stamps, in: Region(start: kept, memory: memory, spreads: nil))
    }

    /// Assigns stamps to be kept as they are before augmentation and normalisation, and the spread of each one's sky.
    mutating func keepForAugmentation(
        _ stamps: some Sequence<Int>, at memory: UnsafeMutablePointer<Float>, spreads: UnsafeMutablePointer<Float>
    ) {
        keep(stamps, in: Region(start: kept, memory: memory, spreads: spreads))
    }

    private mutating func keep(_ stamps: some Sequence<Int>, in region: Region) {
        regions.append(region)
        for stamp in stamps {
            uses[stamp] = .keep
            places[stamp] = UInt32(kept)
            kept += 1
        }
    }

    /// Reads and normalises all assigned stamps in the order of the files, so that a disk is read from front to back.
    ///
    /// - Parameters:
    ///   - normalization: how; the memory of a stamp that cannot be normalised is undefined.
    ///   - inspect: sees each assigned stamp's pixels as they are in the file, and whether it can be normalised. Any
    ///     lane.
    func carryOut(
        _ normalization: Normalization, team: LaneTeam,
        inspect: @escaping @Sendable (_ lane: Int, _ stamp: Int, UnsafePointer<Double>, _ isUsable: Bool) -> Void
    ) throws {
        let reader = StampReader(collection, normalization)
        try team.share(collection.count, chunk: Self.chunk) { [self] lane, stamps in
            var next = stamps.lowerBound
            while next < stamps.upperBound {
                let part = next..<min(stamps.upperBound, collection.endOfFile(holding: next))
                next = part.upperBound
                let assigned = part.count { uses[$0] != .leave }
                guard assigned > 0 else { continue }
                if assigned > part.count / 2 {
                    try read(part, reader) { inspect(lane, $0, $1, $2) }
                } else {
                    // Other ranks have most of them: each stamp is read alone.
                    for stamp in part { try read(stamp..<stamp + 1, reader) { inspect(lane, $0, $1, $2) } }
                }
            }
        }
    }

    /// Reads a run of stamps at once and normalises those that are assigned.
    private func read(
        _ stamps: Range<Int>, _ reader: StampReader, inspect: (Int, UnsafePointer<Double>, Bool) -> Void
    ) throws {
        if stamps.count == 1, uses[stamps.lowerBound] == .leave { return }
        try reader.forEach(stamps) { stamp, raw in
            switch uses[stamp] {
            case .leave: break
            case .look: inspect(stamp, raw.pixels, raw.isUsable)
            case .keep:
                let place = Int(places[stamp])
                let region = regions.last { $0.start <= place }!
                let isUsable = region.keep(place - region.start, raw, valueCount: reader.valueCount)
                inspect(stamp, raw.pixels, isUsable)
            }
        }
    }
}

extension StampAssignments.Region {
    /// Normalises a stamp to its place, or puts it there as it is augmented from.
    /// - Returns: whether it can be used.
    fileprivate func keep(_ place: Int, _ raw: StampReader.RawStamp, valueCount: Int) -> Bool {
        let target = memory + place * valueCount
        guard let spreads else { return raw.normalize(into: target) }
        let spread = raw.prepareForAugmentation(into: target)
        spreads[place] = spread ?? .nan
        return spread != nil
    }
}
