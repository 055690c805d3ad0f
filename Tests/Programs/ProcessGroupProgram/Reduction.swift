import Communication
import Faults

/// Value `element` of microbatch `leaf`: of widely varying size and sign, so that the order of additions matters.
func leafValue(_ leaf: Int, _ element: Int) -> Double {
    var bits = UInt64(leaf) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(element) &* 0xBF58_476D_1CE4_E5B9 &+ 1
    bits ^= bits >> 30
    bits &*= 0x94D0_49BB_1331_11EB
    bits ^= bits >> 29
    let magnitude = Double(UInt64(1) << (bits & 15))
    return (Double(bits >> 40) / 16_777_216 - 0.5) * magnitude
}

/// The bfloat16 nearest to a value, ties to even, by the way of decimal places: the value is cut into a multiple of its
/// last place and what is left.
func nearestBFloat16(_ value: Float) -> Float {
    if value == 0 { return value }
    let place = Float(sign: .plus, exponent: value.exponent - 7, significand: 1)
    return (value / place).rounded(.toNearestOrEven) * place
}

/// The sum that a reduction must give: by the definition of the tree, microbatch by microbatch.
func plainSum(
    _ tree: CanonicalTree, _ node: CanonicalTree.Node, _ element: Int, _ format: GradientFormat
) -> Float {
    let round = { (value: Float) in format == .float32 ? value : nearestBFloat16(value) }
    if node.level == 0 { return round(Float(leafValue(node.index, element))) }
    let halves = [2 * node.index, 2 * node.index + 1].map { CanonicalTree.Node(level: node.level - 1, index: $0) }
    let left = plainSum(tree, halves[0], element, format)
    return tree.leaves(of: halves[1]).isEmpty ? left : round(left + plainSum(tree, halves[1], element, format))
}

/// Buckets of the given sizes, from the last parameters to the first, and one of what is left.
func buckets(_ sizes: [Int], of parameterCount: Int) -> [Range<Int>] {
    var end = parameterCount
    return sizes.map { size in
        defer { end -= size }
        return end - size..<end
    } + [0..<end]
}

/// Exchanges, sums and gathers all buckets. Even ranks start everything they can at once, odd ranks finish one bucket
/// before they start the next; a rank asks or waits by turns.
func reduceBuckets(
    _ group: any ProcessGroup, _ reduction: GradientReduction, laneCount: Int, parameters: UnsafeMutablePointer<Float>
) throws {
    func combine(_ bucket: GradientBucket, after level: Int) {
        for range in bucket.range(after: level).balancedRuns(over: laneCount, multipleOf: 16) {
            bucket.combine(after: level, range)
        }
    }
    let isEager = group.rank.isMultiple(of: 2)
    let levels = reduction.buckets[0].levels
    for bucket in reduction.buckets { combine(bucket, after: 0) }
    for level in 0..<levels {
        if isEager { for bucket in reduction.buckets { try bucket.startExchange(level) } }
        for (number, bucket) in reduction.buckets.enumerated() {
            if !isEager { try bucket.startExchange(level) }
            if number.isMultiple(of: 2) { while !(try bucket.isExchanged(level)) {} }
            try bucket.finishExchange(level)
            combine(bucket, after: level + 1)
        }
    }
    for bucket in reduction.buckets {
        (parameters + bucket.slice.lowerBound).update(from: bucket.total, count: bucket.slice.count)
    }
    for level in (0..<levels).reversed() {
        for bucket in reduction.buckets { try bucket.startGather(level, parameters) }
        for (number, bucket) in reduction.buckets.enumerated() {
            if number.isMultiple(of: 2) { while !(try bucket.isGathered(level)) {} }
            try bucket.finishGather(level)
        }
    }
}

/// Reduces `parameterCount` floats and doubles over `microbatches` with `laneCount` lanes on each rank (one after the
/// other), gathers the totals, compares them with plain sums and returns a digest of all their bits.
func reducedDigest(
    _ levels: RankLevels, _ group: any ProcessGroup, microbatches: Int, parameterCount: Int, laneCount: Int,
    bucketSizes: [Int], format: GradientFormat
) throws -> UInt64 {
    let tree = CanonicalTree(count: microbatches)
    let rankRuns = (0..<microbatches).balancedRuns(over: group.size)
    var allBuffers: [UnsafeMutablePointer<Float>] = []
    defer { for buffer in allBuffers { buffer.deallocate() } }
    var lanes: [(stack: TreeStack, buffers: [UnsafeMutablePointer<Float>])] = []
    for run in rankRuns[group.rank].balancedRuns(over: laneCount) {
        let stack = TreeStack(tree: tree, run: run)
        let buffers = (0..<stack.slotCount).map { _ in
            UnsafeMutablePointer<Float>.allocate(capacity: max(parameterCount, 1))
        }
        allBuffers += buffers
        lanes.append((stack, buffers))
    }
    let parts = lanes.flatMap { lane in
        tree.wholeSubtrees(of: lane.stack.run).enumerated().map {
            GradientReduction.Part(node: $0.element, buffer: lane.buffers[$0.offset])
        }
    }
    let reduction = GradientReduction(
        levels: levels, tree: tree, rankRuns: rankRuns, buckets: buckets(bucketSizes, of: parameterCount),
        parts: parts, format: format)
    let sums = DoubleTreeSum(levels: levels, tree: tree, rankRuns: rankRuns, maximumLength: 9)
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    func take(_ bits: UInt64) { digest = (digest ^ bits) &* 0x0000_0100_0000_01B3 }

    // Twice, to show that nothing is left over from the step before.
    for step in 0..<2 {
        for var lane in lanes {
            while !lane.stack.isComplete {
                let buffer = lane.buffers[lane.stack.nextSlot]
                for element in 0..<parameterCount {
                    buffer[element] = Float(leafValue(lane.stack.nextLeaf, element + step))
                }
                format.round(buffer, count: parameterCount)
                lane.stack.completeLeaf { into, from in
                    format.add(lane.buffers[from], to: lane.buffers[into], count: parameterCount)
                }
            }
        }
        let parameters = UnsafeMutablePointer<Float>.allocate(capacity: parameterCount)
        defer { parameters.deallocate() }
        parameters.initialize(repeating: .nan, count: parameterCount)
        try reduceBuckets(group, reduction, laneCount: laneCount, parameters: parameters)
        for element in 0..<parameterCount {
            take(UInt64(parameters[element].bitPattern))
            let expected = plainSum(tree, tree.root, element + step, format)
            try check(parameters[element] == expected, "parameter \(element) is the tree's sum")
        }

        for length in [9, 2] {
            for leaf in sums.run {
                for element in 0..<length { sums.leaf(leaf)[element] = leafValue(leaf, element + 1000 * step) }
            }
            for value in try sums.sum(length: length) { take(value.bitPattern) }
        }
    }
    return digest
}
