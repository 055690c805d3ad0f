import Layers

/// What a layer's passes over one sample must compute, in floating-point operations: a multiplication and an addition
/// are two. Only products with weights count, so that a rate of them can be compared with the processor's peak.
public struct FloatingPointOperations: Hashable, Sendable {
    /// Of the forward pass.
    public let forward: Int
    /// Of the backward pass: as many again for the weights' gradient, unless the layer is frozen, and for the input's
    /// where that is needed.
    public let backward: Int

    public init(forward: Int, backward: Int) {
        self.forward = forward
        self.backward = backward
    }

    /// Of both passes.
    public var total: Int { forward + backward }
}

extension Network {
    /// What each node must compute for one sample, in the order of the nodes.
    public var nodeOperations: [FloatingPointOperations] {
        // A gradient is needed where parameters lie at or before a node.
        var needsGradient: [Bool] = []
        return nodes.map { node in
            let reachesParameters = node.inputs.contains { needsGradient[$0] }
            needsGradient.append(reachesParameters || node.trainableCount > 0)
            let products = 2 * (node.layer?.multiplyAdds ?? 0)
            return FloatingPointOperations(
                forward: products, backward: (node.isFrozen ? 0 : products) + (reachesParameters ? products : 0))
        }
    }

    /// What the network must compute for one sample; `total` is the cost of training on it.
    public var operations: FloatingPointOperations {
        let all = nodeOperations
        return FloatingPointOperations(
            forward: all.reduce(0) { $0 + $1.forward }, backward: all.reduce(0) { $0 + $1.backward })
    }
}
