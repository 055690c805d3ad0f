import Layers
import Models
import Tensors

/// The weights in the layout that the layers' loops need, shared by all lanes of a process and rebuilt after each
/// update.
package final class PreparedWeights: @unchecked Sendable {
    package let buffer: FloatBuffer
    private let network: Network
    private let weights: Weights
    /// The nodes that each lane prepares.
    private let shares: [[Int]]

    package init(network: Network, weights: Weights, lanes: Int) {
        self.network = network
        self.weights = weights
        buffer = FloatBuffer(count: network.preparedCount)
        var shares = [[Int]](repeating: [], count: lanes)
        var loads = [Int](repeating: 0, count: lanes)
        for (number, node) in network.nodes.enumerated() {
            guard case .layer(let layer) = node.operation, layer.preparedCount > 0 else { continue }
            let lane = loads.indices.min { loads[$0] < loads[$1] }!
            shares[lane].append(number)
            loads[lane] += layer.preparedCount
        }
        self.shares = shares
    }

    /// Prepares one lane's share. All lanes must have done so before any pass.
    package func prepare(lane: Int) {
        // Inference may run on more lanes than training.
        guard lane < shares.count else { return }
        for number in shares[lane] {
            let node = network.nodes[number]
            node.layer!.prepare(
                node.parameters(of: weights), into: node.prepared(in: buffer.view))
            (node.layer as? any StatefulLayer)?.prepare(
                state: FloatView(node.state(in: weights.state.view)), into: node.prepared(in: buffer.view))
        }
    }

    /// Lets synchronised layers use their moving statistics: for inference. Called on one lane.
    package func useMovingStatistics() {
        for node in network.nodes {
            guard case .synchronized(let layer) = node.operation else { continue }
            layer.useMovingStatistics(
                FloatView(node.state(in: weights.state.view)),
                parameters: node.parameters(of: weights),
                prepared: node.prepared(in: buffer.view))
        }
    }
}
