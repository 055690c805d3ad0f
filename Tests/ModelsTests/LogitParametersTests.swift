import LayerCatalog
import Layers
import Models
import Testing

/// Which weights a temperature is divided out in: those whose values the logits scale with, or none.
@Suite struct LogitParametersTests {
    private func logitParameters(_ layers: [(name: String, kind: LayerKind)]) throws -> [String]? {
        let sequence = [("input", LayerKind.input(shape: [3, 3, 1])), ("flatten", .flatten)] + layers
        return try Network(NetworkDescription(name: "mine", sequence: sequence)).logitParameters?.map(\.name)
    }

    @Test func aDenseLayerGivesThemWithOrWithoutAnActivationLayer() throws {
        #expect(try logitParameters([("out", .dense(units: 2, activation: .softmax))]) == ["out/kernel", "out/bias"])
        #expect(
            try logitParameters([
                ("out", .dense(units: 1, activation: .linear, useBias: false)), ("end", .activation(.sigmoid)),
            ]) == ["out/kernel"])
        #expect(
            try logitParameters([("out", .dense(units: 2, activation: .relu)), ("end", .activation(.softmax))])
                == ["out/kernel", "out/bias"])
    }

    /// tanh(x / T) is not tanh(x) / T.
    @Test func aCurvedActivationBeforeTheSoftmaxDoesNotScale() throws {
        #expect(
            try logitParameters([("out", .dense(units: 2, activation: .tanh)), ("end", .activation(.softmax))]) == nil)
    }

    /// Outputs that add to the loss are given on as they are.
    @Test(
        arguments: [
            (ActivationFunction.linear, ["out/kernel", "out/bias"]), (.relu, ["out/kernel", "out/bias"]), (.tanh, nil),
        ] as [(ActivationFunction, [String]?)])
    func whatAddsToTheLossChangesNothingOfThat(activation: ActivationFunction, expected: [String]?) throws {
        var network = NetworkDescription(
            name: "mine",
            sequence: [
                ("input", .input(shape: [3, 3, 1])), ("flatten", .flatten),
                ("out", .dense(units: 2, activation: activation)), ("end", .activation(.softmax)),
            ])
        network.layers[2].parameters.activityRegularizer = .norms(l1: 0, l2: 0.1)
        #expect(try Network(network).logitParameters?.map(\.name) == expected)
    }

    /// A softmax over the last axis by its number is one over the last axis.
    @Test func theLastAxisIsTheOneOfTheOutputs() throws {
        let layers: [(name: String, kind: LayerKind)] = [
            ("out", .dense(units: 2, activation: .linear)), ("end", .softmax(axes: [1])),
        ]
        #expect(try logitParameters(layers) == ["out/kernel", "out/bias"])
    }

    @Test func otherLayersHaveNone() throws {
        let layers: [(name: String, kind: LayerKind)] = [
            ("hidden", .dense(units: 2, activation: .linear)), ("drop", .dropout(rate: 0.5)),
            ("end", .activation(.softmax)),
        ]
        #expect(try logitParameters(layers) == nil)
        #expect(
            try logitParameters([
                ("hidden", .dense(units: 2, activation: .linear)),
                ("bn", .batchNormalization(momentum: 0.9, epsilon: 0.001)), ("end", .activation(.softmax)),
            ]) == nil)
    }
}
