import StampData

/// What a rank does with each stamp of a collection in one pass over the files: keep it normalised in memory, look at it
/// only, or leave it to other ranks.
struct StampAssignments: @unchecked Sendable {
    private enum Use {
        case leave
        case look
        case keep(UnsafeMutablePointer<Float>)
        case keepForAugmentation(UnsafeMutablePointer<Float>, spread: UnsafeMutablePointer<Float>)
    }

    /// Stamps that a lane reads before it asks for more: so many that asking costs nothing, and so few that the second-level
    /// cache holds them.
    private static let chunk = 64

    private let collection: StampCollection
    private var uses: [Use]

    /// Leaves all stamps.
    init(_ collection: StampCollection) {
        self.collection = collection
        uses = Array(repeating: .leave, count: collection.count)
    }

    /// Assigns stamps to be looked at.
    mutating func look(at stamps: some Sequence<Int>) {
        for stamp in stamps { uses[stamp] = .look }
    }

    /// Assigns stamps to be kept one behind the other in memory that outlives the pass.
    mutating func keep(_ stamps: some Sequence<Int>, at memory: UnsafeMutablePointer<Float>) {
        var place = memory
        for stamp in stamps {
            uses[stamp] = .keep(place)
            place += collection.pixels
        }
    }

    /// Assigns stamps to be kept as they are before augmentation and normalisation, and the spread of each one's sky.
    mutating func keepForAugmentation(
        _ stamps: some Sequence<Int>, at memory: UnsafeMutablePointer<Float>, spreads: UnsafeMutablePointer<Float>
    ) {
        for (index, stamp) in stamps.enumerated() {
            uses[stamp] = .keepForAugmentation(memory + index * collection.pixels, spread: spreads + index)
        }
    }

    /// Reads and normalises all assigned stamps in the order of the files, so that a disk is read from front to back.
    ///
    /// - Parameters:
    ///   - normalization: how; the memory of a stamp that cannot be normalised is undefined.
    ///   - inspect: sees each assigned stamp's pixels as they are in the file, and whether it can be normalised. Any lane.
    func carryOut(
        _ normalization: Normalization, team: LaneTeam,
        inspect: @escaping @Sendable (_ lane: Int, _ stamp: Int, UnsafePointer<Double>, _ isUsable: Bool) -> Void
    ) throws {
        try team.share(collection.count, chunk: Self.chunk) { [self] lane, stamps in
            var next = stamps.lowerBound
            while next < stamps.upperBound {
                let part = next..<min(stamps.upperBound, collection.endOfFile(holding: next))
                next = part.upperBound
                let assigned = part.count { if case .leave = uses[$0] { false } else { true } }
                guard assigned > 0 else { continue }
                if assigned > part.count / 2 {
                    try read(part, normalization) { inspect(lane, $0, $1, $2) }
                } else {
                    // Other ranks have most of them: each stamp is read alone.
                    for stamp in part { try read(stamp..<stamp + 1, normalization) { inspect(lane, $0, $1, $2) } }
                }
            }
        }
    }

    /// Reads a run of stamps at once and normalises those that are assigned.
    private func read(
        _ stamps: Range<Int>, _ normalization: Normalization, inspect: (Int, UnsafePointer<Double>, Bool) -> Void
    ) throws {
        if stamps.count == 1, case .leave = uses[stamps.lowerBound] { return }
        let count = collection.pixels
        // The run, the scratch of a stamp, and a stamp that is not kept.
        try withUnsafeTemporaryAllocation(of: Double.self, capacity: (stamps.count + 4) * count) { memory in
            let run = memory.baseAddress!
            let scratch = run + stamps.count * count
            let unkept = UnsafeMutableRawPointer(scratch + 3 * count).bindMemory(to: Float.self, capacity: count)
            try collection.copyStamps(stamps, into: run)
            for (stamp, use) in zip(stamps, uses[stamps]) {
                let pixels = run + (stamp - stamps.lowerBound) * count
                let isUsable: Bool
                switch use {
                case .leave: continue
                case .look:
                    isUsable = normalization.apply(pixels: pixels, count: count, scratch: scratch, into: unkept)
                case .keep(let place):
                    isUsable = normalization.apply(pixels: pixels, count: count, scratch: scratch, into: place)
                case .keepForAugmentation(let place, let spread):
                    let found = normalization.prepareForAugmentation(
                        pixels: pixels, count: count, scratch: scratch, into: place)
                    spread.pointee = found ?? .nan
                    isUsable = found != nil
                }
                inspect(stamp, pixels, isUsable)
            }
        }
    }
}
