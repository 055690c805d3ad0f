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

/// Reduces `parameterCount` floats and doubles over `microbatches` with `laneCount` lanes on each rank (one after the
/// other), gathers the totals and returns a digest of all their bits.
func reducedDigest(
    _ group: any ProcessGroup, microbatches: Int, parameterCount: Int, laneCount: Int
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
        group: group, tree: tree, rankRuns: rankRuns, parameterCount: parameterCount, parts: parts)
    let sums = DoubleTreeSum(group: group, tree: tree, rankRuns: rankRuns, maximumLength: 9)
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
                lane.stack.completeLeaf { into, from in
                    for element in 0..<parameterCount { lane.buffers[into][element] += lane.buffers[from][element] }
                }
            }
        }
        for range in (0..<parameterCount).balancedRuns(over: laneCount, multipleOf: 16) {
            reduction.combineLanes(range)
        }
        try reduction.exchange()
        for range in reduction.slice.balancedRuns(over: laneCount, multipleOf: 16) { reduction.combineRanks(range) }
        var parameters = [Float](repeating: .nan, count: parameterCount)
        for index in reduction.slice { parameters[index] = reduction.total[index - reduction.slice.lowerBound] }
        try reduction.gather(parameters: &parameters)
        for value in parameters { take(UInt64(value.bitPattern)) }

        for length in [9, 2] {
            for leaf in sums.run {
                for element in 0..<length { sums.leaf(leaf)[element] = leafValue(leaf, element + 1000 * step) }
            }
            for value in try sums.sum(length: length) { take(value.bitPattern) }
        }
    }
    return digest
}
