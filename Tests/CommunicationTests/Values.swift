import Communication

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
