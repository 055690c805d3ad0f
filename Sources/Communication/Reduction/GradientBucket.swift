import Faults

/// A range of the parameters whose gradients are exchanged together: each rank owns a slice of it.
///
/// Made by `GradientReduction`, which documents the order of its operations.
public final class GradientBucket: @unchecked Sendable {
    /// The bucket's part of the parameters.
    public let range: Range<Int>
    /// The slice of `range` that each rank owns.
    public let slices: [Range<Int>]
    /// The slice that this rank owns.
    public let slice: Range<Int>
    /// The slice's sum over all microbatches: `slice.count` floats, the first of which belongs to parameter
    /// `slice.lowerBound`. Valid when the last level is combined, until parts are filled again.
    public let total: UnsafeMutablePointer<Float>

    private let lanes: GradientAdditions
    private let exchanges: [LevelExchange]
    private let isPacked: Bool

    init(_ range: Range<Int>, parts: GradientReduction.Parts, levels: RankLevels, format: GradientFormat) {
        self.range = range
        let unit = GradientReduction.sliceUnit
        slices = (0..<levels.size).map { levels.slice(range, of: $0, multipleOf: unit) }
        lanes = parts.additions
        isPacked = format == .bfloat16
        var holding = LevelExchange.Holding(
            nodes: parts.holding.nodes, values: parts.holding.values.map { $0 + range.lowerBound })
        var held = range
        exchanges = levels.channels.indices.map { level in
            let nodes = levels.members(level: level).map { parts.nodes(ofRanks: $0) }
            let exchange = LevelExchange(
                channel: levels.channels[level], tree: parts.tree, range: held, holding: holding, nodes: nodes,
                format: format)
            (holding, held) = (exchange.result, exchange.slice)
            return exchange
        }
        slice = held
        precondition(slice == slices[levels.rank], "levels do not agree on slices")
        precondition(holding.nodes == [parts.tree.root], "the ranks' runs do not cover the tree")
        total = holding.values[0]
    }

    /// The number of consecutive exchanges; 0 in a single process.
    public var levels: Int { exchanges.count }

    // MARK: Lanes' work

    /// The parameters whose sums this rank has once `levels` levels are exchanged and combined: all of the bucket at
    /// first, its own slice at the end.
    public func range(after levels: Int) -> Range<Int> { levels == 0 ? range : exchanges[levels - 1].slice }

    /// Adds up what this rank has for the parameters in `part` of `range(after: level)`: the lanes' sums if no level
    /// has been exchanged yet, else the sums of the ranks of the last exchange; and makes them ready for the next one.
    /// Any thread, disjoint ranges.
    public func combine(after level: Int, _ part: Range<Int>) {
        if level == 0 { lanes.apply(to: part) } else { exchanges[level - 1].combine(part) }
        if isPacked, level < exchanges.count { exchanges[level].pack(part) }
    }

    /// Whether `combine(after:)` does anything.
    public func hasWork(after level: Int) -> Bool {
        level > 0 || !lanes.isEmpty || isPacked && !exchanges.isEmpty
    }

    // MARK: Messages

    /// Begins the exchange of a level. Collective among its ranks.
    public func startExchange(_ level: Int) throws { try exchanges[level].startExchange() }

    /// Whether the exchange is complete. Testing lets it make progress.
    public func isExchanged(_ level: Int) throws -> Bool { try exchanges[level].isExchanged() }

    /// Waits until the exchange is complete.
    public func finishExchange(_ level: Int) throws { try exchanges[level].finishExchange() }

    /// Starts the all-gather of the part of `parameters` (all of them) that the ranks of this level divide into slices,
    /// each rank holding its own. The last level comes first. Collective among its ranks.
    public func startGather(_ level: Int, _ parameters: UnsafeMutablePointer<Float>) throws {
        try exchanges[level].startGather(parameters)
    }

    /// Whether the all-gather is complete. Testing lets it make progress.
    public func isGathered(_ level: Int) throws -> Bool { try exchanges[level].isGathered() }

    /// Waits until the all-gather is complete.
    public func finishGather(_ level: Int) throws { try exchanges[level].finishGather() }

    /// All-gathers the bucket's part of `parameters`, each rank holding its own slice. Collective.
    public func gather(_ parameters: UnsafeMutablePointer<Float>) throws {
        for exchange in exchanges.reversed() {
            try exchange.startGather(parameters)
            try exchange.finishGather()
        }
    }

    /// Bytes that this rank sends in the exchange of a level.
    public func exchangeBytes(_ level: Int) -> Int { exchanges[level].sentBytes }

    /// Bytes that this rank sends in the all-gather of a level.
    public func gatherBytes(_ level: Int) -> Int { exchanges[level].gatheredBytes }
}
