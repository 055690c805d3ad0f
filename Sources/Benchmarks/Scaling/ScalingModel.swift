import Communication

/// The time of a training step on any number of ranks, from a few measured numbers.
///
/// A step on P ranks of T lanes with M microbatches takes
///
///     seconds = base − (1 − 1/P)·update + m·perMicrobatch + sums + agreement + exposed,  m = ⌈⌈M/P⌉/T⌉
///
/// where a message to each of the g − 1 other ranks of a level takes (g − 1)·α + bytes·β, with α and β of the node's
/// memory or of the network between nodes (R. Hockney, "The communication challenge for MPP", Parallel Computing 20,
/// 1994). `sums` are those of batch normalisation, `agreement` is the all-reduce of one word after each step, and
/// `exposed` is the part of the exchange of gradients that the backward pass does not hide: the buckets are followed
/// one by one through the levels of ranks.
///
/// Times are in seconds.
package struct ScalingModel: Sendable {
    /// How long messages take.
    package struct Link: Equatable, Sendable {
        /// α: of each message.
        package var latency: Double
        /// β: of each byte that a rank sends, while all ranks of its node send.
        package var secondsPerByte: Double

        package init(latency: Double, secondsPerByte: Double) {
            self.latency = latency
            self.secondsPerByte = secondsPerByte
        }

        func seconds(messages: Int, bytes: Double) -> Double {
            Double(messages) * latency + bytes * secondsPerByte
        }
    }

    /// The time of a rank's computation.
    package struct Compute: Sendable {
        /// The part of a step that does not depend on the number of microbatches.
        package var base: Double
        /// The part of `base` that ranks share: each updates its slice of the parameters.
        package var update: Double
        /// For each microbatch of a lane.
        package var perMicrobatch: Double
        /// For each segment, the share of the passes that is done when its backward pass is.
        package var readiness: [Double]

        package init(base: Double, update: Double, perMicrobatch: Double, readiness: [Double]) {
            (self.base, self.update, self.perMicrobatch) = (base, update, perMicrobatch)
            self.readiness = readiness
        }
    }

    /// Lanes of a rank.
    package var lanes: Int
    /// Ranks of a node, if there are that many.
    package var ranksPerNode: Int
    package var compute: Compute
    /// The sizes of the gradient's buckets for a number of ranks' levels, and the segment that completes each.
    package var buckets: @Sendable (_ sizes: [Int]) -> [(count: Int, segment: Int)]
    /// How many numbers each synchronisation point of batch normalisation sums, forward and again backward.
    package var sums: [Int]
    package var format: GradientFormat
    /// Within a node; nil if there was only one rank on each.
    package var node: Link?
    /// Between nodes; nil if there was only one.
    package var network: Link?
    /// The share of a message's time that simultaneous computation hides.
    package var overlap: Double

    package init(
        lanes: Int, ranksPerNode: Int, compute: Compute,
        buckets: @escaping @Sendable ([Int]) -> [(count: Int, segment: Int)], sums: [Int], format: GradientFormat,
        node: Link?, network: Link?, overlap: Double
    ) {
        (self.lanes, self.ranksPerNode, self.compute, self.buckets) = (lanes, ranksPerNode, compute, buckets)
        (self.sums, self.format, self.node, self.network, self.overlap) = (sums, format, node, network, overlap)
    }

    /// A predicted step.
    package struct Step: Equatable, Sendable {
        package var seconds: Double
        package var compute: Double
        /// Sums of batch normalisation and the agreement.
        package var sums: Double
        /// The exchange of gradients and parameters, if nothing were hidden.
        package var exchange: Double
        package var exposed: Double
        /// What the busiest rank sends.
        package var bytes: Int
        package var messages: Int
    }

    /// One level of ranks, with its link and the most subtrees that a rank has to send at it.
    private struct Level {
        let size: Int
        let link: Link
        let subtrees: Int
    }

    /// A step of `microbatches` on `ranks` ranks; nil if a link's speed is unknown.
    package func step(ranks: Int, microbatches: Int) -> Step? {
        let share = (microbatches + ranks - 1) / ranks
        let perLane = (share + lanes - 1) / lanes
        let passes = Double(perLane) * compute.perMicrobatch
        let seconds = compute.base - (1 - 1 / Double(ranks)) * compute.update + passes
        guard let levels = levels(ranks: ranks, microbatches: microbatches) else { return nil }
        var step = Step(seconds: 0, compute: seconds, sums: 0, exchange: 0, exposed: 0, bytes: 0, messages: 0)
        addSums(levels, ranks: ranks, to: &step)
        addExchange(levels, passes: passes, to: &step)
        step.seconds = step.compute + step.sums + step.exposed
        return step
    }

    /// How ranks are cut into levels.
    package func sizes(ranks: Int) -> [Int] {
        RankLevels.sizes(ranks: ranks, ranksPerNode: min(ranksPerNode, ranks))
    }

    private func levels(ranks: Int, microbatches: Int) -> [Level]? {
        let tree = CanonicalTree(count: microbatches)
        let runs = (0..<microbatches).balancedRuns(over: ranks)
        var stride = 1
        var levels: [Level] = []
        for size in sizes(ranks: ranks) {
            // A level that begins within a node ends within it.
            guard let link = stride < min(ranksPerNode, ranks) ? node ?? network : network else { return nil }
            let subtrees = Swift.stride(from: 0, to: ranks, by: stride).map { first in
                tree.wholeSubtrees(of: runs[first].lowerBound..<runs[first + stride - 1].upperBound).count
            }
            levels.append(Level(size: size, link: link, subtrees: max(1, subtrees.max()!)))
            stride *= size
        }
        return levels
    }

    // MARK: Sums

    private func addSums(_ levels: [Level], ranks: Int, to step: inout Step) {
        for length in sums + sums {
            for level in levels {
                let bytes = (level.size - 1) * level.subtrees * length * MemoryLayout<Double>.stride
                step.sums += level.link.seconds(messages: level.size - 1, bytes: Double(bytes))
                step.messages += level.size - 1
                step.bytes += bytes
            }
        }
        // Recursive doubling of one word.
        if let slowest = levels.map(\.link.latency).max() {
            let rounds = Int.bitWidth - (ranks - 1).leadingZeroBitCount
            step.sums += Double(rounds) * slowest
            step.messages += rounds
            step.bytes += rounds * MemoryLayout<Int64>.stride
        }
    }

    // MARK: Gradients

    /// A bucket's messages of one kind at one level.
    private struct Message {
        let seconds: Double
        let isWithinNode: Bool
    }

    private func addExchange(_ levels: [Level], passes: Double, to step: inout Step) {
        guard !levels.isEmpty else { return }
        let buckets = buckets(levels.map(\.size))
        var messages: [[Message]] = []
        for bucket in buckets { messages.append(self.messages(of: bucket.count, levels, &step)) }
        step.exchange = messages.joined().reduce(0) { $0 + $1.seconds }
        let ready = compute.readiness.map { $0 * passes }
        let end = finish(messages, ready: buckets.map { ready[$0.segment] }, barriers: ready.sorted())
        let bare = max(0, end - (ready.max() ?? 0))
        step.exposed = bare + (1 - overlap) * (step.exchange - min(bare, step.exchange))
    }

    /// The exchange of every level, then the all-gather of every level.
    private func messages(of count: Int, _ levels: [Level], _ step: inout Step) -> [Message] {
        var exchanges: [Message] = []
        var gatherings: [Message] = []
        var held = count
        var isWithinNode = true
        var stride = 1
        for level in levels {
            isWithinNode = stride < ranksPerNode
            stride *= level.size
            let slice = (held + level.size - 1) / level.size
            let sent = level.subtrees * (held - slice) * format.byteCount
            let gathered = slice * (level.size - 1) * MemoryLayout<Float>.stride
            let count = level.size - 1
            exchanges.append(
                Message(
                    seconds: level.link.seconds(messages: count * level.subtrees, bytes: Double(sent)),
                    isWithinNode: isWithinNode))
            gatherings.append(
                Message(
                    seconds: level.link.seconds(messages: count, bytes: Double(gathered)), isWithinNode: isWithinNode))
            step.messages += count * (level.subtrees + 1)
            step.bytes += sent + gathered
            held = slice
        }
        return exchanges + gatherings.reversed()
    }

    /// When the last message has arrived, where each link carries one at a time and takes the one that has waited
    /// longest.
    ///
    /// - Parameters:
    ///   - ready: when each bucket is filled.
    ///   - barriers: when, during the backward pass, new messages may be started.
    private func finish(_ messages: [[Message]], ready: [Double], barriers: [Double]) -> Double {
        func atBarrier(_ time: Double) -> Double { barriers.first { $0 >= time } ?? time }
        var next = messages.map { _ in 0 }
        var available = ready
        var free = (node: 0.0, network: 0.0)
        var end = 0.0
        while let bucket = messages.indices.filter({ next[$0] < messages[$0].count }).min(by: {
            available[$0] < available[$1]
        }) {
            let message = messages[bucket][next[bucket]]
            let start = max(available[bucket], message.isWithinNode ? free.node : free.network)
            let done = start + message.seconds
            if message.isWithinNode { free.node = done } else { free.network = done }
            end = max(end, done)
            available[bucket] = atBarrier(done)
            next[bucket] += 1
        }
        return end
    }
}
