import Layers
import NumericTestSupport
import Tensors
import Testing

/// A backward pass for the input alone, in each way in which products are computed.
@Suite struct FrozenLayerTests {
    private func expectNoParameterGradient(_ layer: some Layer, inputShape: Shape) {
        let samples = 3
        LayersTests.expectNoParameterGradient(
            layer, input: randomValues(samples * inputShape.count, seed: 1),
            parameters: randomValues(layer.trainableCount, seed: 2),
            outputGradient: randomValues(samples * layer.outputShape.count, seed: 3), count: samples)
    }

    struct Case: Sendable {
        let inputShape: Shape
        var units = 16
        var kernel = Extent2D(3, 3)
        var strides = Extent2D(1, 1)
    }

    static let rows = [
        Case(inputShape: [9], units: 3), Case(inputShape: [40], units: 24), Case(inputShape: [5, 4, 7], units: 30),
        Case(inputShape: [3000], units: 300),
    ]

    @Test(arguments: rows, [true, false]) func denseLayers(example: Case, isRectified: Bool) {
        expectNoParameterGradient(
            Dense(name: "dense", inputShape: example.inputShape, units: example.units, isRectified: isRectified),
            inputShape: example.inputShape)
    }

    static let maps = [
        Case(inputShape: [9, 8, 3]), Case(inputShape: [9, 8, 16], kernel: Extent2D(1, 1), strides: Extent2D(2, 2)),
        Case(inputShape: [3, 3, 20]), Case(inputShape: [19, 19, 16]),
        Case(inputShape: [12, 11, 5], kernel: Extent2D(5, 4), strides: Extent2D(2, 1)),
    ]

    @Test(arguments: maps, [Padding.valid, .same]) func convolutions(example: Case, padding: Padding) {
        expectNoParameterGradient(
            Convolution2D(
                name: "conv", inputShape: example.inputShape, filters: example.units, kernelSize: example.kernel,
                strides: example.strides, padding: padding, isRectified: padding == .same),
            inputShape: example.inputShape)
    }
}
