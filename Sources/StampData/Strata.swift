import Faults
import Tensors

/// The strata of a training set, and the order in which each one's samples are drawn in an epoch: functions of the
/// configuration alone, never of ranks or threads.
///
/// Without sampling by class, every sample of a stratum is drawn once in an epoch. With it, a stratum has as many draws
/// as samples, and each class gets its share of them: of a class with m samples in the stratum, q draws are each of them
/// ⌊q / m⌋ times and q mod m more at random. A class with too few samples for each stratum to have one is shared:
/// several strata draw the same samples.
public struct Strata: Sendable {
    public let plan: BatchPlan
    /// The samples of each stratum: every sample is in one of them.
    public let lists: [[Int]]
    /// What a stratum draws from beside its list: samples of classes that are shared, which are in other lists.
    public let borrowed: [[Int]]
    /// Of each class that is shared, how.
    private let sharings: [Int: SharedClass]
    private let seed: UInt64
    /// The share of each class, and the classes; nil for samples that are drawn once each.
    private let sampling: (shares: [Double], classes: StampCollection)?

    /// Cuts the training set, in a random order drawn from the seed, into one stratum for each microbatch position.
    ///
    /// - Parameters:
    ///   - training: `plan.samples` stamps.
    ///   - shares: of each class; nil for samples that are drawn once each.
    ///   - classes: of the stamps; the samples of each class are then spread evenly over the strata.
    /// - Throws: `Fault(.badData)` when a class that is to be drawn has no sample.
    public init(
        of training: [Int], plan: BatchPlan, seed: UInt64, shares: [Double]? = nil, classes: StampCollection? = nil
    ) throws {
        precondition(training.count == plan.samples, "\(training.count) samples instead of \(plan.samples)")
        (self.plan, self.seed) = (plan, seed)
        var shuffled = training
        var stream = CounterBasedRandom(seed: seed).stream(.strata)
        stream.shuffle(&shuffled)
        guard let shares, let classes else {
            var next = 0
            lists = (0..<plan.microbatches).map { position in
                let count = plan.stratumSamples(position: position)
                defer { next += count }
                return Array(shuffled[next..<next + count])
            }
            (borrowed, sharings, sampling) = (Array(repeating: [], count: plan.microbatches), [:], nil)
            return
        }
        let members = Self.members(shuffled, classes)
        for (label, stamps) in members.enumerated() where shares[label] > 0 && stamps.isEmpty {
            throw Fault(
                .badData, "--sampling",
                "the class \(classes.classes.names[label]) has no stamp in the training set to draw",
                remedy: "give more stamps of it, or a larger first share of --split")
        }
        let dealt = Self.dealt(members, plan)
        var held = [Int](repeating: 0, count: members.count)
        for stratum in dealt {
            for label in Set(stratum.map(classes.label)) { held[label] += 1 }
        }
        var sharings: [Int: SharedClass] = [:]
        for (label, stamps) in members.enumerated() where shares[label] > 0 && held[label] < plan.microbatches {
            sharings[label] = SharedClass(stamps, share: shares[label], plan)
        }
        lists = dealt
        borrowed = dealt.enumerated().map { [sharings] position, stratum in
            guard !sharings.isEmpty else { return [] }
            let own = Set(stratum)
            return sharings.sorted { $0.key < $1.key }.flatMap { $0.value.stamps(position).map(\.stamp) }
                .filter { !own.contains($0) }
        }
        self.sharings = sharings
        sampling = (shares, classes)
    }

    /// What a stratum draws from: its list, and what it borrows.
    public func stamps(position: Int) -> [Int] { lists[position] + borrowed[position] }

    /// The order in which the samples of some strata are drawn. It keeps nothing of the others.
    public func order(of positions: Range<Int>) -> DrawingOrder {
        guard let sampling else { return DrawingOrder(plan: plan, seed: seed, positions: positions) }
        var places: [[[Int]]] = []
        var turns: [[Int: DrawingOrder.Turn]] = []
        for position in positions {
            var ofClasses = [[Int]](repeating: [], count: sampling.shares.count)
            for (place, stamp) in lists[position].enumerated() {
                ofClasses[sampling.classes.label(stamp)].append(place)
            }
            var ofPlaces: [Int: DrawingOrder.Turn] = [:]
            if !sharings.isEmpty {
                let place = Dictionary(uniqueKeysWithValues: stamps(position: position).enumerated().map { ($1, $0) })
                for (label, sharing) in sharings {
                    let shared = sharing.stamps(position)
                    ofClasses[label] = shared.map { place[$0.stamp]! }
                    for (stamp, turn) in shared { ofPlaces[place[stamp]!] = turn }
                }
            }
            places.append(ofClasses)
            turns.append(ofPlaces)
        }
        return DrawingOrder(
            plan: plan, seed: seed, positions: positions, shares: sampling.shares, places: places, turns: turns)
    }

    /// Strata that are known, whose samples are drawn once each.
    package init(_ lists: [[Int]], plan: BatchPlan, seed: UInt64) {
        (self.lists, self.plan, self.seed, sampling) = (lists, plan, seed, nil)
        (borrowed, sharings) = (Array(repeating: [], count: lists.count), [:])
    }

    /// The stamps of each class, in their order.
    private static func members(_ stamps: [Int], _ classes: StampCollection) -> [[Int]] {
        var members = [[Int]](repeating: [], count: classes.classes.count)
        for stamp in stamps { members[classes.label(stamp)].append(stamp) }
        return members
    }

    /// The stamps dealt to the strata in turns, the smallest class first: each stratum gets its part of every class.
    private static func dealt(_ members: [[Int]], _ plan: BatchPlan) -> [[Int]] {
        let ordered = members.enumerated().sorted { ($0.element.count, $0.offset) < ($1.element.count, $1.offset) }
            .flatMap(\.element)
        let sizes = (0..<plan.microbatches).map { plan.stratumSamples(position: $0) }
        var lists = [[Int]](repeating: [], count: plan.microbatches)
        var position = 0
        for stamp in ordered {
            while lists[position].count == sizes[position] { position = (position + 1) % plan.microbatches }
            lists[position].append(stamp)
            position = (position + 1) % plan.microbatches
        }
        return lists
    }
}

/// The samples of a class that has too few for each stratum to have one of its own: which of them each stratum draws.
///
/// Of m samples, stratum v draws the b from v·b on, counted in a circle, so that no sample is in two strata more than
/// another. With b = m / gcd(m, strata) all are in equally many; it is no more than a stratum can draw in an epoch.
private struct SharedClass {
    private let members: [Int]
    private let strata: Int
    private let perStratum: Int

    init(_ members: [Int], share: Double, _ plan: BatchPlan) {
        (self.members, strata) = (members, plan.microbatches)
        let most = Int((share * Double(plan.stratumSamples(position: 0))).rounded(.up)) + 1
        perStratum = min(members.count / Self.greatestCommonDivisor(members.count, strata), most)
    }

    /// The samples of a stratum, each with its turn among the strata that draw it.
    func stamps(_ position: Int) -> [(stamp: Int, turn: DrawingOrder.Turn)] {
        (position * perStratum..<(position + 1) * perStratum).map { number in
            let member = number % members.count
            let all = (strata * perStratum - member + members.count - 1) / members.count
            return (members[member], DrawingOrder.Turn(number: number / members.count, of: all))
        }
    }

    private static func greatestCommonDivisor(_ one: Int, _ other: Int) -> Int {
        other == 0 ? one : greatestCommonDivisor(other, one % other)
    }
}

/// The order in which samples of some strata are drawn (``Strata``).
public struct DrawingOrder: Sendable {
    private let plan: BatchPlan
    private let seed: UInt64
    private let positions: Range<Int>
    /// The share of each class; nil for samples that are drawn once each.
    private let shares: [Double]?
    /// Of each stratum the places of each class's samples in it, where there are shares.
    private let places: [[[Int]]]
    /// Of each stratum, the turns of its places whose samples other strata draw too.
    private let turns: [[Int: Turn]]

    /// A stratum's number among those that draw a sample, and how many these are.
    fileprivate struct Turn {
        let number: Int
        let of: Int
    }

    fileprivate init(
        plan: BatchPlan, seed: UInt64, positions: Range<Int>, shares: [Double]? = nil, places: [[[Int]]] = [],
        turns: [[Int: Turn]] = []
    ) {
        (self.plan, self.seed, self.positions) = (plan, seed, positions)
        (self.shares, self.places, self.turns) = (shares, places, turns)
    }

    /// Whether a sample may be drawn several times in an epoch.
    public var repeatsSamples: Bool { shares != nil }

    /// The order in which a stratum's samples are drawn in one epoch: their places in its list, and behind it in what
    /// it borrows.
    public func order(position: Int, epoch: Int) -> [Int] {
        // `detail` has 16 bits; the sample coordinate has 32.
        var stream = CounterBasedRandom(seed: seed).stream(.shuffle, step: epoch, sample: position)
        let count = plan.stratumSamples(position: position)
        var order =
            shares.map { draws($0, places[position - positions.lowerBound], count, &stream) } ?? Array(0..<count)
        stream.shuffle(&order)
        return order
    }

    /// Numbers that tell the draws of one sample in an epoch from one another, whichever strata draw it: of a sample
    /// that one stratum draws, how often it was drawn before.
    ///
    /// - Parameter order: as ``order(position:epoch:)`` gave it.
    public func repetitions(position: Int, of order: [Int]) -> [UInt32] {
        var times: [Int: UInt32] = [:]
        let turns = turns.isEmpty ? [:] : turns[position - positions.lowerBound]
        return order.map { place in
            let before = times[place, default: 0]
            times[place] = before + 1
            return turns[place].map { before * UInt32($0.of) + UInt32($0.number) } ?? before
        }
    }

    /// The places that are drawn in an epoch, class after class.
    ///
    /// Where the shares are no whole numbers of draws, chance decides, so that on average each class has just its share:
    /// class c has ⌊u + n·(s₀ + … + s_c)⌋ − ⌊u + n·(s₀ + … + s_c₋₁)⌋ of n draws, with u uniform from 0 to 1.
    private func draws(
        _ shares: [Double], _ places: [[Int]], _ count: Int, _ stream: inout RandomStream
    ) -> [Int] {
        let start = stream.uniform()
        var (sum, drawn) = (start, 0)
        var draws: [Int] = []
        draws.reserveCapacity(count)
        let last = shares.lastIndex { $0 > 0 }
        for (label, places) in places.enumerated() where shares[label] > 0 {
            sum += shares[label] * Double(count)
            // The last shares end at the last draw, however their sum is rounded.
            let end = label == last ? count : min(Int(sum), count)
            guard end > drawn else { continue }
            let quota = end - drawn
            drawn = end
            for _ in 0..<quota / places.count { draws += places }
            var rest = places
            stream.shuffle(&rest)
            draws += rest[..<(quota % places.count)]
        }
        return draws
    }
}
