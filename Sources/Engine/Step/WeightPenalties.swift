import Layers
import Models
import Tensors

/// What the sizes of trained parameters add to the loss, once a step.
package struct WeightPenalties {
    private let parts: [(range: Range<Int>, penalty: Penalty)]

    package init(_ network: Network) {
        parts = network.parameters.compactMap { parameter in
            parameter.penalty.map { (parameter.offset..<parameter.offset + parameter.shape.count, $0) }
        }
    }

    /// The sum over all parameters: the same bits wherever it is computed.
    package func value(_ weights: Weights) -> Double {
        parts.reduce(0) { sum, part in
            sum + part.penalty.value(weights.trainable.pointer + part.range.lowerBound, count: part.range.count)
        }
    }

    /// Adds the gradient to that of the parameters in `range`.
    func addGradients(_ weights: Weights, to gradient: UnsafeMutablePointer<Float>, of range: Range<Int>) {
        for (all, penalty) in parts where all.overlaps(range) {
            let part = all.clamped(to: range)
            penalty.addGradient(
                weights.trainable.pointer + part.lowerBound, count: part.count,
                to: gradient + (part.lowerBound - range.lowerBound))
        }
    }
}

extension Network {
    /// The nodes that add something to the loss for the outputs of layers, by their number.
    var activityPenalties: [Int: ActivityPenalty] {
        var penalties: [Int: ActivityPenalty] = [:]
        for (number, node) in nodes.enumerated() {
            if let penalty = node.layer as? ActivityPenalty { penalties[number] = penalty }
        }
        return penalties
    }
}
