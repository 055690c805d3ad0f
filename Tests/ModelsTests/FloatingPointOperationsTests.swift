import LayerCatalog
import Layers
import Models
import Tensors
import Testing

/// What networks must compute for a sample, against a count of every product one by one.
@Suite struct FloatingPointOperationsTests {
    private func network(_ name: StandardNetwork, height: Int = 21, width: Int = 21) throws -> Network {
        try Network(name.description(height: height, width: width, classes: 2))
    }

    /// Six operations for each product of the forward pass, less the input gradient of
    /// the first layer, which nobody needs: 2.6 million for simple, 6.1 million for vgg6.
    @Test(
        arguments: [
            (.simple, 6 * (441 * 30 + 441 * 30 * 30 + 441 * 30 * 2) - 2 * 441 * 30),
            (
                .vgg6,
                6 * (361 * 9 * 16 + 289 * 144 * 16 + 36 * 144 * 32 + 16 * 288 * 32 + 32 * 256 + 256 * 2) - 2 * 361 * 9
                    * 16
            ),
        ] as [(StandardNetwork, Int)])
    func trainingCostsAreThoseOfTheFormula(name: StandardNetwork, expected: Int) throws {
        #expect(try network(name).operations.total == expected)
    }

    /// Stage 5 works on maps of one pixel, where eight of nine taps meet only padding: 257 million instead of 358.
    @Test func tapsOnPaddingDoNotCount() throws {
        let operations = try network(.resnet50).operations
        #expect(operations.total == 256_538_880)
        let node = try #require(network(.resnet50).nodes.first { $0.name == "res5b_branch2b" })
        #expect(node.layer?.multiplyAdds == 512 * 512)
    }

    @Test(arguments: StandardNetwork.allCases, [(21, 21), (29, 24)])
    func everyProductIsCounted(name: StandardNetwork, size: (Int, Int)) throws {
        let network = try network(name, height: size.0, width: size.1)
        for (node, operations) in zip(network.nodes, network.nodeOperations) {
            let products = productsOneByOne(node, of: network)
            #expect(node.layer?.multiplyAdds ?? 0 == products, "\(node.name)")
            #expect(operations.forward == 2 * products)
            // The layer that sees the stamps, behind layers without parameters, needs no gradient of them.
            let isFirst = !network.nodes[..<network.nodes.firstIndex { $0.name == node.name }!]
                .contains { ($0.layer?.trainableCount ?? 0) > 0 }
            #expect(operations.backward == (isFirst ? 2 : 4) * products, "\(node.name)")
        }
    }

    /// Frozen layers have no gradient of weights, and those at the bottom none of their inputs either.
    @Test func frozenLayersCostLess() throws {
        let whole = try network(.vgg6)
        let frozen = try Network(
            FrozenLayers(.freeze, ["conv1", "conv2", "bn_*", "conv4"]).frozen(whole.description, model: "vgg6"))
        let shares = ["conv1": 0, "conv2": 0, "conv3": 1, "conv4": 1, "fc_1": 2, "fc_out": 2]
        for (node, operations) in zip(frozen.nodes, frozen.nodeOperations) {
            #expect(operations.backward == shares[node.name, default: 2] * operations.forward, "\(node.name)")
        }
    }

    /// The padding that a layer does for the one before it.
    private func paddingBefore(_ node: Network.Node, of network: Network) -> ZeroPadding2DOptions? {
        let layers = network.description.layers
        let before = layers.first { $0.name == node.name }!.inputs[0]
        return layers.first { $0.name == before }?.kind.options as? ZeroPadding2DOptions
    }

    /// Counts with the definition of a convolution: for each output pixel and tap, whether it lies on the map.
    private func productsOneByOne(_ node: Network.Node, of network: Network) -> Int {
        if node.isInternal { return 0 }
        switch node.kind.options {
        case let dense as DenseOptions:
            return network.nodes[node.inputs[0]].outputShape.count * dense.units
        case let convolution as Convolution2DOptions:
            let (kernel, strides, padding) = (convolution.kernelSize, convolution.strides, convolution.padding)
            let input = network.nodes[node.inputs[0]].outputShape.extents
            let frame = paddingBefore(node, of: network)
            func positionsOnMap(_ extent: Int, _ output: Int, _ window: Int, _ stride: Int, _ frame: Int) -> Int {
                let before = padding == .same ? max(0, (output - 1) * stride + window - extent) / 2 : frame
                var count = 0
                for place in 0..<output {
                    for tap in 0..<window where (0..<extent).contains(place * stride + tap - before) { count += 1 }
                }
                return count
            }
            let output = node.outputShape.extents
            let rows = positionsOnMap(input[0], output[0], kernel.height, strides.height, frame?.top ?? 0)
            let columns = positionsOnMap(input[1], output[1], kernel.width, strides.width, frame?.left ?? 0)
            return rows * columns * input[2] * convolution.filters
        default: return 0
        }
    }
}
