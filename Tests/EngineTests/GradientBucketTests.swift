import Communication
import Models
import Testing

/// How parameters are cut into buckets that leave during the backward pass.
@Suite struct GradientBucketTests {
    private static let networks: [StandardNetwork] = [.simple, .simpleBN, .vgg6, .resnet50]

    /// The buckets' order is that of the pass, and none leaves before all its gradients are there.
    @Test(arguments: networks, [1, 1000, 1 << 18, Int.max])
    func bucketsCoverAllParametersAndWaitForAllTheirLayers(model: StandardNetwork, smallest: Int) throws {
        let network = try Network(model.description(height: 21, width: 21, classes: 2))
        let buckets = network.gradientBuckets(smallest: smallest)
        #expect(buckets.first?.range.upperBound == network.trainableCount)
        #expect(buckets.last?.range.lowerBound == 0)
        for (bucket, next) in zip(buckets, buckets.dropFirst()) {
            #expect(next.range.upperBound == bucket.range.lowerBound)
            #expect(bucket.range.count >= smallest)
            #expect(bucket.range.lowerBound.isMultiple(of: GradientReduction.sliceUnit))
            #expect(next.segment <= bucket.segment)
        }
        for node in network.nodes {
            let parameters = node.parameterOffset..<node.parameterOffset + (node.layer?.trainableCount ?? 0)
            for bucket in buckets where bucket.range.overlaps(parameters) { #expect(bucket.segment <= node.segment) }
        }
    }

    @Test func mostOfResNet50LeavesBeforeTheLastSegments() throws {
        let network = try Network(StandardNetwork.resnet50.description(height: 21, width: 21, classes: 2))
        let early = network.gradientBuckets().filter { $0.segment > network.segments / 3 }
        #expect(early.reduce(0) { $0 + $1.range.count } > network.trainableCount * 3 / 4)
        #expect(network.gradientBuckets().last!.range.count < network.trainableCount / 20)
    }

    @Test(arguments: [StandardNetwork.simple, .vgg6])
    func aSmallNetworkIsOneBucket(model: StandardNetwork) throws {
        let network = try Network(model.description(height: 21, width: 21, classes: 2))
        #expect(network.gradientBuckets().map(\.range) == [0..<network.trainableCount])
    }
}
