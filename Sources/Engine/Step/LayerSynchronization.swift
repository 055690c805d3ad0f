import Communication
import Lanes
import Layers
import Models
import Tensors

/// The sums over the whole global batch that synchronised layers need, such as those of batch normalisation: twice a
/// step at each synchronisation point, once forward and once backward.
///
/// Lanes put their microbatches' parts into the leaves of a tree; when it is complete, lane 0 adds them up over all
/// ranks and gives the layers their totals.
final class LayerSynchronization: @unchecked Sendable {
    private let network: Network
    private let weights: Weights
    private let prepared: PreparedWeights
    private let points: [[(node: Int, layer: any SynchronizedLayer, offset: Int)]]
    /// Nil in a network without synchronised layers.
    private let sums: DoubleTreeSum?
    private let isAlone: Bool
    /// That of lane 0.
    private let timeline: LaneTimeline?

    init(
        network: Network, weights: Weights, prepared: PreparedWeights, tree: CanonicalTree, rankRuns: [Range<Int>],
        levels: RankLevels, timeline: LaneTimeline?
    ) {
        self.network = network
        self.weights = weights
        self.prepared = prepared
        self.timeline = timeline
        points = network.synchronizationPoints
        isAlone = rankRuns.count == 1
        sums =
            network.largestSynchronization == 0
            ? nil
            : DoubleTreeSum(
                levels: levels, tree: tree, rankRuns: rankRuns, maximumLength: network.largestSynchronization)
    }

    /// Where the sums of one of this rank's microbatches go; nil where the network has no synchronised layers.
    func leaf(_ position: Int) -> UnsafeMutablePointer<Double>? { sums?.leaf(position) }

    /// Adds up the moments of a synchronisation point, which lie in the leaves, and gives the layers their statistics
    /// of the batch. Collective, lane 0.
    ///
    /// - Parameter samples: those of the global batch.
    func finishMoments(_ point: Int, samples: Int) throws {
        let total = try sumOverMicrobatches(point)
        timeline.measure(.statistics) {
            for (number, layer, offset) in points[point] {
                let node = network.nodes[number]
                layer.finishMoments(
                    BufferView(total.baseAddress! + offset, count: layer.sumCount), samples: samples,
                    parameters: node.parameters(of: weights),
                    prepared: node.prepared(in: prepared.buffer.view), state: node.state(in: weights.state.view))
            }
        }
    }

    /// Adds up the gradients of a synchronisation point and gives the layers what the gradients of their inputs need.
    /// Collective, lane 0.
    func finishGradients(_ point: Int, samples: Int) throws {
        let total = try sumOverMicrobatches(point)
        timeline.measure(.statistics) {
            for (number, layer, offset) in points[point] {
                layer.finishGradients(
                    BufferView(total.baseAddress! + offset, count: layer.sumCount), samples: samples,
                    prepared: network.nodes[number].prepared(in: prepared.buffer.view))
            }
        }
    }

    private func sumOverMicrobatches(_ point: Int) throws -> UnsafeBufferPointer<Double> {
        let length = points[point].reduce(0) { $0 + $1.layer.sumCount }
        guard !isAlone else { return try timeline.measure(.statistics) { try sums!.sum(length: length) } }
        return try timeline.measure(.sumOverRanks, length * MemoryLayout<Double>.stride) {
            try sums!.sum(length: length)
        }
    }
}
