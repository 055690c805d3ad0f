import LayerCatalog
import Layers
import Models
import Tensors
import Testing

/// How many samples a thread works on at a time, unless told.
@Suite struct MicrobatchTests {
    private func network(_ name: StandardNetwork) throws -> Network {
        try Network(name.description(height: 21, width: 21, classes: 2))
    }

    /// Large batches are cut by the cache alone.
    @Test(arguments: StandardNetwork.allCases)
    func largeBatchesDoNotMatter(name: StandardNetwork) throws {
        let network = try network(name)
        #expect(network.defaultMicrobatch(batchSize: .max) == network.defaultMicrobatch)
        #expect(network.defaultMicrobatch(batchSize: 4 * network.defaultMicrobatch) == network.defaultMicrobatch)
    }

    /// No batch of eight or more is left to one thread.
    @Test(arguments: StandardNetwork.allCases)
    func smallBatchesAreCut(name: StandardNetwork) throws {
        let network = try network(name)
        for batch in 8...256 {
            let size = network.defaultMicrobatch(batchSize: batch)
            #expect(size >= 4 && size < batch && size <= network.defaultMicrobatch)
        }
    }

    /// The weights of a large dense layer are read once for each microbatch, from where large activations would come too.
    @Test func denseLayersWantLargeMicrobatches() throws {
        func network(_ units: Int) throws -> Network {
            try Network(
                NetworkDescription(
                    name: "mine",
                    layers: [
                        LayerDescription(name: "input", kind: .input(shape: [24, 24, 1]), inputs: []),
                        LayerDescription(
                            name: "convolution",
                            kind: .convolution2D(
                                filters: 16, kernelSize: Extent2D(3, 3), strides: Extent2D(1, 1), padding: .valid,
                                activation: .relu),
                            inputs: ["input"]),
                        LayerDescription(name: "flatten", kind: .flatten, inputs: ["convolution"]),
                        LayerDescription(
                            name: "dense", kind: .dense(units: units, activation: .relu), inputs: ["flatten"]),
                        LayerDescription(
                            name: "output", kind: .dense(units: 2, activation: .softmax), inputs: ["dense"]),
                    ]))
        }
        #expect(try network(8).defaultMicrobatch == 16)
        #expect(try network(512).defaultMicrobatch == 128)
        #expect(try network(512).defaultMicrobatch(batchSize: 512) == 128)
        #expect(try network(512).defaultMicrobatch(batchSize: 256) == 64)
    }

    /// Four microbatches where gradients are small, two where adding 23.5 million parameters would cost more than it
    /// gains.
    @Test func theCutFollowsTheCostOfGradients() throws {
        #expect(try network(.vgg6).defaultMicrobatch(batchSize: 32) == 8)
        #expect(try network(.resnet50).defaultMicrobatch(batchSize: 32) == 16)
    }
}
