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

    /// The parameters of each segment as ranges of the vector of trainable parameters.
    var parameterRanges: [[Range<Int>]] {
        (0..<segments).map { segment in
            var ranges: [Range<Int>] = []
            for node in nodes where node.segment == segment {
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
