/// The ranks as levels of small groups, in which sums over all ranks are made one level after the other.
///
/// With levels of g₀, g₁, … ranks (their product is the number of ranks), rank r has at level l the place (r /
/// (g₀·…·gₗ₋₁)) mod gₗ, and exchanges with the gₗ ranks that differ from it in this place only. At the first level
/// neighbours exchange, which `mpirun` puts on one host: what leaves the host is then one stream of sums, not one for
/// each rank. A reduce-scatter in levels moves (1 − 1/P)·n numbers from each of P ranks like one in a single step, in Σ
/// (gₗ − 1) messages instead of P − 1.
///
/// Neighbours are summed first at each level, so the order of the canonical tree is kept: the bits do not depend on
/// levels.
public struct RankLevels: Sendable {
    /// How many ranks exchange at each level, the first among neighbours; empty for one process.
    public let sizes: [Int]
    /// For each level, the ranks with which this one exchanges.
    public let channels: [any Channel]
    /// This process's number among all ranks.
    public let rank: Int
    /// All ranks.
    public let size: Int

    /// One level of all ranks.
    public init(flat group: any ProcessGroup) {
        (rank, size) = (group.rank, group.size)
        sizes = size == 1 ? [] : [size]
        channels = size == 1 ? [] : [group.all]
    }

    /// Levels of the given sizes. Collective.
    public init(sizes: [Int], group: any ProcessGroup) throws {
        precondition(sizes.reduce(1, *) == group.size, "levels of \(sizes) for \(group.size) ranks")
        precondition(sizes.allSatisfy { $0 > 1 }, "a level of one rank among \(sizes)")
        (rank, size) = (group.rank, group.size)
        self.sizes = sizes
        channels =
            sizes.count == 1
            ? [group.all]
            : try sizes.indices.map { level in
                let place = Self.place(of: group.rank, sizes, level)
                return try group.openChannel(color: group.rank - place * Self.distance(sizes, level))
            }
    }

    /// Levels that follow from where the ranks run: first those on one host, then the hosts. Collective.
    ///
    /// - Parameter ranksPerNode: how many neighbouring ranks are taken to be on one host; nil to compare the hosts'
    ///   names. If the ranks cannot be divided accordingly, there is one level.
    public init(_ group: any ProcessGroup, ranksPerNode: Int? = nil) throws {
        let hosts = try group.allGather(Array(group.hostName.utf8))
        try self.init(
            sizes: Self.sizes(ranks: group.size, ranksPerNode: ranksPerNode ?? Self.ranksPerNode(hosts)), group: group)
    }

    private init(sizes: [Int], channels: [any Channel], rank: Int, size: Int) {
        (self.sizes, self.channels, self.rank, self.size) = (sizes, channels, rank, size)
    }

    /// The ranks that exchange with this one at a level, as if there were no others.
    public func alone(_ level: Int) -> RankLevels {
        RankLevels(
            sizes: [sizes[level]], channels: [channels[level]], rank: channels[level].rank, size: sizes[level])
    }

    /// The number of ranks on each host, if it is the same for all and the ranks of a host are neighbours; otherwise 1.
    package static func ranksPerNode<Name: Equatable>(_ hosts: [Name]) -> Int {
        let count = hosts.prefix { $0 == hosts[0] }.count
        guard hosts.count.isMultiple(of: count) else { return 1 }
        let isEven = stride(from: 0, to: hosts.count, by: count).allSatisfy { start in
            hosts[start..<start + count].allSatisfy { $0 == hosts[start] }
                && (start == 0 || hosts[start] != hosts[start - 1])
        }
        return isEven ? count : 1
    }

    /// The most ranks of a level, where ranks can be cut into smaller ones: with more, the latency of the messages
    /// exceeds the cost of another level.
    static let largestLevel = 16

    /// The sizes of the levels within a host and among hosts; large ones are cut into levels of about the same size.
    package static func sizes(ranks: Int, ranksPerNode: Int) -> [Int] {
        guard ranksPerNode > 0, ranks.isMultiple(of: ranksPerNode) else { return factors(ranks) }
        return factors(ranksPerNode) + factors(ranks / ranksPerNode)
    }

    /// Factors from small to large, none above `largestLevel` unless it is a prime.
    private static func factors(_ count: Int) -> [Int] {
        guard count > 1 else { return [] }
        guard count > largestLevel else { return [count] }
        let root = Int(Double(count).squareRoot())
        guard let factor = stride(from: root, to: 1, by: -1).first(where: { count.isMultiple(of: $0) }) else {
            return [count]
        }
        return (factors(factor) + factors(count / factor)).sorted()
    }

    // MARK: Places

    /// How far apart the ranks are that exchange at a level.
    private static func distance(_ sizes: [Int], _ level: Int) -> Int { sizes[..<level].reduce(1, *) }

    private static func place(of rank: Int, _ sizes: [Int], _ level: Int) -> Int {
        rank / distance(sizes, level) % sizes[level]
    }

    /// The place of a rank among those with which it exchanges at a level.
    func place(of rank: Int, level: Int) -> Int { Self.place(of: rank, sizes, level) }

    /// For each of the ranks that exchange at a level, place by place: the ranks whose sums it has by then.
    func members(level: Int) -> [Range<Int>] {
        let stride = Self.distance(sizes, level)
        let first = rank / (stride * sizes[level]) * (stride * sizes[level])
        return (0..<sizes[level]).map { first + $0 * stride..<first + ($0 + 1) * stride }
    }

    /// The part of a range that a rank owns when it has been cut at every level.
    func slice(_ range: Range<Int>, of rank: Int, multipleOf unit: Int) -> Range<Int> {
        sizes.indices.reduce(range) { part, level in
            part.balancedRuns(over: sizes[level], multipleOf: unit)[place(of: rank, level: level)]
        }
    }
}
