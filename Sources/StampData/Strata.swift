import Faults
import Tensors

/// The strata of a training set, and the order in which each one's samples are drawn in an epoch: functions of the
/// configuration alone, never of ranks or threads.
///
/// Without sampling by class, every sample of a stratum is drawn once in an epoch. With it, a stratum has as many draws
/// as samples, and each class gets its share of them: of a class with m samples in the stratum, q draws are each of them
/// ⌊q / m⌋ times and q mod m more at random.
public struct Strata: Sendable {
    public let plan: BatchPlan
    /// The samples of each stratum.
    public let lists: [[Int]]
    private let seed: UInt64
    /// The share of each class, and the classes; nil for samples that are drawn once each.
    private let sampling: (shares: [Double], classes: StampCollection)?

    /// Cuts the training set, in a random order drawn from the seed, into one stratum for each microbatch position.
    ///
    /// - Parameters:
    ///   - training: `plan.samples` stamps.
    ///   - shares: of each class; nil for samples that are drawn once each.
    ///   - classes: of the stamps; the samples of each class are then spread evenly over the strata.
    /// - Throws: `Fault(.badData)` when a class that is to be drawn has fewer samples than there are strata.
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
            sampling = nil
            return
        }
        let members = Self.members(shuffled, classes)
        for (label, stamps) in members.enumerated() where shares[label] > 0 && stamps.count < plan.microbatches {
            throw Fault(
                .badData, "--sampling",
                "the class \(classes.classes.names[label]) has \(stamps.count) training stamps for "
                    + "\(plan.microbatches) microbatches",
                remedy: "give more stamps of it, or a larger --microbatch or a smaller --batch-size")
        }
        lists = Self.dealt(members, plan)
        sampling = (shares, classes)
    }

    /// The order in which the samples of some strata are drawn. It keeps nothing of the others.
    public func order(of positions: Range<Int>) -> DrawingOrder {
        let places = sampling.map { sampling in
            lists[positions].map { stratum in
                var places = [[Int]](repeating: [], count: sampling.shares.count)
                for (place, stamp) in stratum.enumerated() {
                    places[sampling.classes.label(stamp)].append(place)
                }
                return places
            }
        }
        return DrawingOrder(
            plan: plan, seed: seed, positions: positions, shares: sampling?.shares, places: places ?? [])
    }

    /// Strata that are known, whose samples are drawn once each.
    package init(_ lists: [[Int]], plan: BatchPlan, seed: UInt64) {
        (self.lists, self.plan, self.seed, sampling) = (lists, plan, seed, nil)
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

/// The order in which samples of some strata are drawn (``Strata``).
public struct DrawingOrder: Sendable {
    private let plan: BatchPlan
    private let seed: UInt64
    private let positions: Range<Int>
    /// The share of each class; nil for samples that are drawn once each.
    private let shares: [Double]?
    /// Of each stratum the places of each class's samples in it, where there are shares.
    private let places: [[[Int]]]

    fileprivate init(
        plan: BatchPlan, seed: UInt64, positions: Range<Int>, shares: [Double]?, places: [[[Int]]]
    ) {
        (self.plan, self.seed, self.positions) = (plan, seed, positions)
        (self.shares, self.places) = (shares, places)
    }

    /// Whether a sample may be drawn several times in an epoch.
    public var repeatsSamples: Bool { shares != nil }

    /// The order in which a stratum's samples are drawn in one epoch: their places in its list.
    public func order(position: Int, epoch: Int) -> [Int] {
        // `detail` has 16 bits; the sample coordinate has 32.
        var stream = CounterBasedRandom(seed: seed).stream(.shuffle, step: epoch, sample: position)
        let count = plan.stratumSamples(position: position)
        var order =
            shares.map { draws($0, places[position - positions.lowerBound], count, &stream) } ?? Array(0..<count)
        stream.shuffle(&order)
        return order
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
