import Layers
import NumericTestSupport
import Tensors
import Testing

/// Whether a layer gives what its definition in double precision gives of inputs and parameters, and its gradients are
/// the definition's finite differences.
///
/// - Parameter tolerance: of the output, in parts of its largest value.
func expectDefinition(
    _ layer: some Layer, inputShape: Shape, samples: Int = 2, tolerance: Double,
    sourceLocation: SourceLocation = #_sourceLocation, _ output: ([Double], [Double]) -> [Double]
) {
    let input = randomValues(samples * inputShape.count, seed: 1)
    let parameters = randomValues(layer.trainableCount, seed: 2)
    let outputGradient = randomValues(samples * layer.outputShape.count, seed: 3)
    let run = LayerRun(layer, input: input, parameters: parameters, outputGradient: outputGradient, count: samples)
    #expect(
        deviation(run.output, from: output(doubles(input), doubles(parameters))) <= tolerance,
        sourceLocation: sourceLocation)
    let isInputRight = agreesWithFiniteDifferences(
        run.inputGradient!, at: input, of: { inner(outputGradient, output($0, doubles(parameters))) }, limit: 20)
    let areParametersRight = agreesWithFiniteDifferences(
        run.parameterGradient, at: parameters, of: { inner(outputGradient, output(doubles(input), $0)) }, limit: 20)
    #expect(isInputRight && areParametersRight && run.isIntact, sourceLocation: sourceLocation)

    // Nobody may need the input's gradient; the parameters' is the same then.
    let first = LayerRun(
        layer, input: input, parameters: parameters, outputGradient: outputGradient, wantsInputGradient: false,
        count: samples)
    #expect(sameBits(first.parameterGradient, run.parameterGradient) && first.isIntact, sourceLocation: sourceLocation)
    expectNoParameterGradient(
        layer, input: input, parameters: parameters, outputGradient: outputGradient, count: samples,
        sourceLocation: sourceLocation)
}

/// Nobody may need the parameters' gradient, of a frozen layer: it is not written then, and the input's is the same.
func expectNoParameterGradient(
    _ layer: some Layer, input: [Float], parameters: [Float], outputGradient: [Float], count: Int,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let run = LayerRun(layer, input: input, parameters: parameters, outputGradient: outputGradient, count: count)
    let frozen = LayerRun(
        layer, input: input, parameters: parameters, outputGradient: outputGradient, needsParameterGradient: false,
        count: count)
    #expect(sameBits(frozen.inputGradient!, run.inputGradient!) && frozen.isIntact, sourceLocation: sourceLocation)
    #expect(frozen.parameterGradient.allSatisfy { $0.isNaN }, sourceLocation: sourceLocation)
}

/// Outputs and input gradients of five samples at once are those of the same samples in three calls.
func expectSameBitsHoweverSamplesAreCut(_ layer: some Layer, inputShape: Shape) {
    let (inputs, outputs) = (inputShape.count, layer.outputShape.count)
    let input = randomValues(5 * inputs, seed: 10)
    let parameters = randomValues(layer.trainableCount, seed: 11)
    let outputGradient = randomValues(5 * outputs, seed: 12)
    let whole = LayerRun(layer, input: input, parameters: parameters, outputGradient: outputGradient, count: 5)
    let parts = [0..<1, 1..<3, 3..<5].map { part in
        LayerRun(
            layer, input: Array(input[part.lowerBound * inputs..<part.upperBound * inputs]), parameters: parameters,
            outputGradient: Array(outputGradient[part.lowerBound * outputs..<part.upperBound * outputs]),
            count: part.count)
    }
    #expect(sameBits(parts.flatMap(\.output), whole.output))
    #expect(sameBits(parts.flatMap { $0.inputGradient! }, whole.inputGradient!))
}

/// The parameters' gradient of no samples is zero.
func expectZeroGradientsOfNoSamples(_ layer: some Layer) {
    let run = LayerRun(
        layer, input: [], parameters: randomValues(layer.trainableCount, seed: 9), outputGradient: [], count: 0)
    #expect(run.parameterGradient.allSatisfy { $0 == 0 } && run.isIntact)
}
