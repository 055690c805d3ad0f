import Communication
import Models

/// A range of the trainable parameters whose gradients are sent together while the backward pass continues.
package struct GradientBucketPlan: Equatable, Sendable {
    package let range: Range<Int>
    /// When this segment has been differentiated, all gradients of the range are complete.
    package let segment: Int
}

extension Network {
    /// The smallest bucket, in floats: 1 MiB, whose transfer takes far longer than its latency; and for each rank of
    /// the largest level at least 64 KiB, since each sends every other one a part. A single process sends nothing, and
    /// one bucket is enough.
    package static func smallestBucket(_ levels: RankLevels) -> Int { smallestBucket(levels.sizes) }

    /// - Parameter sizes: of the levels of ranks.
    package static func smallestBucket(_ sizes: [Int]) -> Int {
        guard let largest = sizes.max() else { return Int.max }
        return max(smallestBucket, largest << 14)
    }

    /// For few ranks.
    package static let smallestBucket = 1 << 18

    /// Cuts the trainable parameters into buckets in the order in which a backward pass completes them.
    ///
    /// Parameters are in the order of their layers, which the pass traverses in reverse: cut from the end, each bucket
    /// is a contiguous range of parameters, complete when the earliest segment among those of its layers is (with
    /// parallel branches, a segment or two after its last layer). The last bucket is the rest.
    ///
    /// - Parameter smallest: every bucket but the last has at least this many parameters.
    package func gradientBuckets(smallest: Int = Network.smallestBucket) -> [GradientBucketPlan] {
        var buckets: [GradientBucketPlan] = []
        var end = trainableCount
        var segment = segments - 1
        let completing = completingNodes
        for (number, node) in nodes.enumerated().reversed() where node.trainableCount > 0 && !node.sharesParameters {
            segment = min(segment, nodes[completing[number]].segment)
            // Lanes that share a bucket write no cache line of the next one; the few parameters that this moves to the
            // next bucket wait with it.
            let unit = GradientReduction.sliceUnit
            let start = (node.parameterOffset + unit - 1) / unit * unit
            guard end - start >= max(smallest, 1) else { continue }
            buckets.append(GradientBucketPlan(range: start..<end, segment: segment))
            end = start
        }
        if end > 0 || buckets.isEmpty { buckets.append(GradientBucketPlan(range: 0..<end, segment: 0)) }
        return buckets
    }
}
