import Layers
import NumericTestSupport
import Tensors
import Testing

@Suite struct MergingTests {
    /// One network's input may need no gradient while the other's does.
    @Test(arguments: [1, 2, 3, 4], [true, false]) func sumsGiveEachInputTheirGradient(count: Int, isRectified: Bool) {
        for shape in [[3], [2, 3, 5], [4, 4, 17]] as [Shape] {
            let layer = Add(name: "sum", inputShape: shape, isRectified: isRectified)
            let inputs = (0..<count).map { randomValues(3 * shape.count, seed: $0) }
            let outputGradient = randomValues(3 * shape.count, seed: 9)
            let wanted = (0..<count).map { $0 != 1 }
            let run = LayerRun(
                layer, inputs: inputs, outputGradient: outputGradient, wantsInputGradients: wanted, count: 3)
            // In single precision, in the order of the inputs.
            let sums = inputs[0].indices.map { place in inputs.dropFirst().reduce(inputs[0][place]) { $0 + $1[place] } }
            #expect(run.output == (isRectified ? sums.map { max($0, 0) } : sums))
            let gradient = zip(outputGradient, sums).map { isRectified && $1 <= 0 ? 0 : $0 }
            #expect(run.inputGradients == wanted.map { $0 ? gradient : nil } && run.isIntact)
        }
    }

    @Test(
        arguments: [[[3]], [[3], [1]], [[2, 3, 5], [2, 3, 1], [2, 3, 17]], [[4, 1, 16], [4, 1, 16]]] as [[Shape]])
    func concatenatedInputsLieSideBySide(shapes: [Shape]) {
        let layer = Concatenate(name: "join", inputShapes: shapes)
        let channels = shapes.map(\.channels)
        #expect(layer.outputShape.channels == channels.reduce(0, +))
        let inputs = shapes.enumerated().map { randomValues(2 * $1.count, seed: $0) }
        let gradients = shapes.enumerated().map { randomValues(2 * $1.count, seed: 10 + $0) }
        let wanted = shapes.indices.map { $0 != 1 }
        let outputGradient = PlainLayers.concatenate(gradients.map(doubles), channels: channels).map { Float($0) }
        let run = LayerRun(layer, inputs: inputs, outputGradient: outputGradient, wantsInputGradients: wanted, count: 2)
        #expect(doubles(run.output) == PlainLayers.concatenate(inputs.map(doubles), channels: channels))
        #expect(run.inputGradients == zip(gradients, wanted).map { $1 ? $0 : nil } && run.isIntact)
    }

    @Test func copiesChangeTheShapeAlone() {
        let input = randomValues(4 * 60, seed: 1), outputGradient = randomValues(4 * 60, seed: 2)
        let run = LayerRun(
            Copy(name: "flat", outputShape: [60]), input: input, outputGradient: outputGradient, count: 4)
        #expect(run.output == input && run.inputGradient == outputGradient && run.isIntact)
    }
}
