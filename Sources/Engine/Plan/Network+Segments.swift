import Layers
import Models

extension Network {
    /// The layers that synchronise after each segment but the last, and where their sums start.
    package var synchronizationPoints: [[(node: Int, layer: any SynchronizedLayer, offset: Int)]] {
        (1..<max(segments, 1)).map { segment in
            var offset = 0
            return nodes.indices.compactMap { number in
                guard nodes[number].segment == segment, case .synchronized(let layer) = nodes[number].operation
                else { return nil }
                defer { offset += layer.sumCount }
                return (number, layer, offset)
            }
        }
    }

    /// The most numbers that one synchronisation point adds up.
    package var largestSynchronization: Int {
        synchronizationPoints.map { $0.reduce(0) { $0 + $1.layer.sumCount } }.max() ?? 0
    }

    /// For each node, the node whose backward pass is the last of those with the same parameters: then their gradient
    /// is complete. Itself, unless it shares them.
    package var completingNodes: [Int] {
        var completing: [Int: Int] = [:]
        for (number, node) in nodes.enumerated() where node.trainableCount > 0 {
            let so = completing[node.parameterOffset]
            // A pass goes through segments, and through the nodes of each, in reverse.
            if so.map({ node.segment < nodes[$0].segment }) ?? true { completing[node.parameterOffset] = number }
        }
        return nodes.enumerated().map { number, node in
            node.trainableCount > 0 ? completing[node.parameterOffset]! : number
        }
    }

    /// The parameters that each segment completes the gradients of, as ranges of the vector of trainable parameters.
    var parameterRanges: [[Range<Int>]] {
        let completing = completingNodes
        return (0..<segments).map { segment in
            var ranges: [Range<Int>] = []
            for (number, node) in nodes.enumerated() where node.segment == segment && completing[number] == number {
                let count = node.trainableCount
                guard count > 0 else { continue }
                if ranges.last?.upperBound == node.parameterOffset {
                    ranges[ranges.count - 1] = ranges.last!.lowerBound..<node.parameterOffset + count
                } else {
                    ranges.append(node.parameterOffset..<node.parameterOffset + count)
                }
            }
            return ranges
        }
    }
}
