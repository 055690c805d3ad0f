import Layers

/// A pattern, and the layer that it stands for.
struct LayerPattern: Sendable {
    let pattern: GraphPattern
    /// Whether it is the layer only where no other node uses values on the way: they are weights of its own.
    let isExclusive: Bool
    /// Whether the numbers of a match are those of the layer.
    let fits: @Sendable (GraphMatch) -> Bool
    /// Adds the layer.
    let read: @Sendable (inout GraphReader, GraphNode, GraphMatch) throws -> LayerOutput

    /// The type of the last operator.
    var type: String {
        if case .node(let type, _, _) = pattern { type } else { "" }
    }

    /// An activation function.
    private init(_ pattern: GraphPattern, _ function: @escaping @Sendable (GraphMatch) throws -> ActivationFunction?) {
        (self.pattern, isExclusive) = (pattern, false)
        fits = { (try? function($0)) != nil }
        read = { reader, node, match in
            try reader.activation(function(match) ?? .linear, reader.layerOutput(match.input, of: node), node)
        }
    }

    private init(
        _ pattern: GraphPattern, isExclusive: Bool = false,
        read: @escaping @Sendable (inout GraphReader, GraphNode, GraphMatch) throws -> LayerOutput
    ) {
        (self.pattern, self.isExclusive, self.read) = (pattern, isExclusive, read)
        fits = { _ in true }
    }

    /// By the type of their last operator; of several that fit, the first is it.
    static let byType = Dictionary(grouping: activations + layers, by: \.type)

    private static let activations: [LayerPattern] =
        gelu.map { pattern in LayerPattern(pattern) { _ in .gelu(approximate: false) } }
        + approximateGELU.map { pattern in LayerPattern(pattern) { _ in .gelu(approximate: true) } }
        + [
            LayerPattern(.multiply(.input, .node("Sigmoid", [.input]))) { _ in .silu },
            LayerPattern(.multiply(.input, .node("Tanh", [.node("Softplus", [.input])]))) { _ in .mish },
            LayerPattern(.multiply(.input, .node("HardSigmoid", [.input], as: "gate"))) { match in
                guard let gate = match.nodes["gate"] else { return nil }
                let (alpha, beta) = try (gate.float("alpha", default: 0.2), gate.float("beta", default: 0.5))
                return abs(alpha * 6 - 1) < 1e-3 && beta == 0.5 ? .hardSilu : nil
            },
            LayerPattern(.node("Neg", [.node("Softplus", [.node("Neg", [.input])])])) { _ in .logSigmoid },
            LayerPattern(.node("Sub", [.input, .node("Tanh", [.input])])) { _ in .tanhShrink },
            LayerPattern(.node("Div", [.input, .add(.node("Abs", [.input]), .number(1))])) { _ in .softsign },
            // As torch has it: far out it is x to the last digit.
            LayerPattern(
                .node(
                    "Where",
                    [.node("Greater", [.input, .anyNumber("threshold")]), .input, .node("Softplus", [.input])])
            ) { match in match.numbers["threshold"] ?? 0 >= 16 ? .softplus : nil },
            LayerPattern(
                .multiply(.add(.input, .node("Sqrt", [.add(.multiply(.input, .input), .anyNumber("b"))])), .number(0.5))
            ) { match in match.numbers["b"].map { .squareplus(b: $0) } },
            LayerPattern(
                .node(
                    "Where",
                    [
                        .node("Greater", [.input, .anyNumber("threshold")]),
                        .either([.node("Min", [.input, .anyNumber("maximum")]), .input]),
                        .either([
                            .multiply(.node("Sub", [.input, .anyNumber("threshold")]), .anyNumber("slope")),
                            .number(0),
                        ]),
                    ])
            ) { match in
                .boundedReLU(
                    maximum: match.numbers["maximum"], slope: match.numbers["slope"] ?? 0,
                    threshold: match.numbers["threshold"] ?? 0)
            },
        ]

    /// x·(1 + erf(x/√2))/2, whatever is multiplied first.
    private static let gelu = halfProducts(
        .node("Erf", [.times(.input, Float(0.5).squareRoot())]))

    /// x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2
    private static let approximateGELU: [GraphPattern] = {
        let square = GraphPattern.either([.multiply(.input, .input), .node("Pow", [.input, .number(2)])])
        let cube = GraphPattern.either([.node("Pow", [.input, .number(3)]), .multiply(.input, square)])
        let sum = GraphPattern.either([
            .add(.input, .multiply(cube, .number(0.044715))),
            .multiply(.input, .add(.multiply(square, .number(0.044715)), .number(1))),
        ])
        return halfProducts(.node("Tanh", [.multiply(sum, .number(0.7978846))]))
    }()

    /// x·(1 + y)/2
    private static func halfProducts(_ y: GraphPattern) -> [GraphPattern] {
        let sum = GraphPattern.add(y, .number(1))
        return [
            .multiply(.multiply(.input, sum), .number(0.5)), .node("Div", [.multiply(.input, sum), .number(2)]),
            .multiply(.input, .times(sum, 0.5)), .multiply(.times(.input, 0.5), sum),
        ]
    }

    /// Layers of several operators.
    private static let layers: [LayerPattern] = [
        LayerPattern(
            .add(.node("MatMul", [.input, .constant("kernel")], as: "product"), .constant("bias")), isExclusive: true
        ) { reader, node, match in try reader.denseWithBias(node, match) },
        LayerPattern(
            .add(.node("Conv", [.input, .constant("kernel")], as: "product"), .constant("bias")), isExclusive: true
        ) { reader, node, match in try reader.convolutionWithBias(node, match) },
        LayerPattern(
            .node(
                "Reshape",
                [
                    .node(
                        "InstanceNormalization",
                        [.node("Reshape", [.input, .value("groups")]), .constant("gamma"), .constant("beta")],
                        as: "normalization"), .value("shape"),
                ])
        ) { reader, node, match in try reader.groupNormalization(node, match) },
        LayerPattern(
            .node(
                "Div",
                [
                    centred,
                    .node(
                        "Sqrt",
                        [
                            .add(
                                .node(
                                    "ReduceMean",
                                    [.either([.node("Pow", [centred, .number(2)]), .multiply(centred, centred)])],
                                    as: "variance"), .anyNumber("epsilon"))
                        ]),
                ])
        ) { reader, node, match in try reader.layerNormalization(node, match) },
        LayerPattern(scaledNormalization) { reader, node, match in try reader.layerNormalization(node, match) },
        LayerPattern(
            .node("MatMul", [.node("MatMul", [.constant("rows"), .input]), .constant("columns")]), isExclusive: true
        ) { reader, node, match in try reader.bilinearUpSampling(node, match) },
        LayerPattern(
            .node("Div", [.input, .node("Max", [.node("ReduceL2", [.input], as: "length"), .number(1e-12)])])
        ) { reader, node, match in try reader.unitNormalization(node, match) },
    ]

    /// x·s + (β − mean·s) with s = γ/√(variance + ε), as Keras computes it.
    private static let scaledNormalization: GraphPattern = {
        let mean = GraphPattern.node("ReduceMean", [.input], as: "mean")
        let moved = GraphPattern.either([
            mean, .node("Reshape", [mean, .value("shape")], as: "moved"), .node("Transpose", [mean], as: "moved"),
        ])
        let centred = GraphPattern.node("Sub", [.input, moved])
        let square = GraphPattern.either([.multiply(centred, centred), .node("Pow", [centred, .number(2)])])
        let sum = GraphPattern.add(.node("ReduceMean", [square], as: "variance"), .anyNumber("epsilon"))
        let inverse = GraphPattern.node("Reciprocal", [.node("Sqrt", [sum])])
        let scale = GraphPattern.either([.multiply(inverse, .constant("gamma")), inverse])
        let offset = GraphPattern.multiply(.node("Neg", [mean]), scale)
        return .add(.multiply(.input, scale), .either([.add(offset, .constant("beta")), offset]))
    }()

    /// x − mean(x)
    private static let centred = GraphPattern.node("Sub", [.input, .node("ReduceMean", [.input], as: "mean")])
}
