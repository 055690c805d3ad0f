import Communication

/// Floats of widely varying size and sign, so that the order in which they are added shows in the sum's last bits.
func unevenFloats(_ count: Int, seed: UInt64) -> [Float] {
    var generator = SplitMix64(state: seed)
    return (0..<count).map { _ in
        let magnitude = Float(sign: .plus, exponent: Int.random(in: -12...12, using: &generator), significand: 1)
        return Float.random(in: -1...1, using: &generator) * magnitude
    }
}

/// S. Vigna's SplitMix64, a generator that gives the same numbers in every run of the tests.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The canonical sum as its definition has it: halves of the smallest power of two that covers the leaves.
func canonicalSum(_ leaves: ArraySlice<Float>, width: Int) -> Float? {
    guard !leaves.isEmpty else { return nil }
    guard width > 1 else { return leaves.first }
    let middle = min(leaves.startIndex + width / 2, leaves.endIndex)
    let left = canonicalSum(leaves[..<middle], width: width / 2)!
    guard let right = canonicalSum(leaves[middle...], width: width / 2) else { return left }
    return left + right
}

func canonicalSum(_ leaves: [Float]) -> Float {
    var width = 1
    while width < leaves.count { width *= 2 }
    return canonicalSum(leaves[...], width: width)!
}

/// The sum that a lane makes with a stack of buffers: the values of the run's whole subtrees.
func stackedSums(_ leaves: [Float], stack: inout TreeStack) -> [Float] {
    var slots = [Float](repeating: .nan, count: stack.slotCount)
    while !stack.isComplete {
        slots[stack.nextSlot] = leaves[stack.nextLeaf]
        stack.completeLeaf { into, from in slots[into] += slots[from] }
    }
    return Array(slots[..<stack.nodes.count])
}
