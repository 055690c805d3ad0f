import Models
import Tensors

/// An input of an ONNX graph.
struct ONNXInput: Hashable {
    /// Its name in the graph.
    let name: String
    /// The layer that takes it.
    let layer: String
    /// The shape of one sample.
    let shape: Shape
    /// Whether it takes stamps rather than their features.
    let isOfStamps: Bool
    /// Whether the channels come first among the extents of a sample, as inside the graph.
    let isChannelsFirst: Bool

    /// The extents of a sample as the graph takes it.
    var extents: [Int] { isChannelsFirst ? [shape.channels] + shape.extents.dropLast() : shape.extents }

    /// The inputs of a network, in their order.
    ///
    /// Those of a network that was read from a graph are what they were there. That of another network that sees stamps alone is called `stamps`. Two have the names of their layers, as in Keras,
    /// or are called `stamps` and `features` where those would be mistaken for the output.
    static func all(of network: Network, output: String) -> [ONNXInput] {
        let nodes = network.nodes.filter(\.isInput)
        let haveOwnNames = nodes.count > 1 && !nodes.contains { $0.name == output }
        return nodes.map { node in
            let isOfStamps = node.name == network.nodes[network.stampsNode].name
            let name = network.description.graphNames?.inputs[node.name]
            return ONNXInput(
                name: name ?? (haveOwnNames ? node.name : isOfStamps ? "stamps" : "features"), layer: node.name,
                shape: node.outputShape, isOfStamps: isOfStamps,
                isChannelsFirst: isOfStamps && network.description.graphNames?.isChannelsFirst == true)
        }
    }
}
