import LayerCatalog
import Layers

extension GraphReader {
    typealias Read = @Sendable (inout GraphReader, GraphNode) throws -> LayerOutput

    /// What reads each operator that layers stand for.
    static let operators: [String: Read] = [
        "Conv": { try $0.convolution($1) },
        "ConvTranspose": { try $0.transposedConvolution($1) },
        "Gemm": { try $0.generalProduct($1) },
        "MatMul": { try $0.product($1) },
        "BatchNormalization": { try $0.batchNormalization($1) },
        "LayerNormalization": { try $0.layerNormalization($1) },
        "GroupNormalization": { try $0.groupNormalization($1) },
        "InstanceNormalization": { try $0.instanceNormalization($1) },
        "MaxPool": { try $0.maxPooling($1) },
        "AveragePool": { try $0.averagePooling($1) },
        "GlobalAveragePool": { try $0.globalPooling($1, isMean: true) },
        "GlobalMaxPool": { try $0.globalPooling($1, isMean: false) },
        "ReduceMean": { try $0.reduction($1, isMean: true) },
        "ReduceMax": { try $0.reduction($1, isMean: false) },
        "Flatten": { try $0.flatten($1) },
        "Reshape": { try $0.reshape($1) },
        "Squeeze": { try $0.squeeze($1) },
        "Unsqueeze": { try $0.unsqueeze($1) },
        "Transpose": { try $0.transpose($1) },
        "Concat": { try $0.concatenation($1) },
        "Tile": { try $0.tile($1) },
        "Gather": { try $0.gather($1) },
        "Slice": { try $0.slice($1) },
        "Pad": { try $0.pad($1) },
        "Resize": { try $0.resize($1) },
        "Upsample": { try $0.resize($1) },
        "Identity": { try $0.output($1) },
        "Cast": { try $0.cast($1) },
        "CastLike": { try $0.output($1) },
        "Dropout": { try $0.dropout($1) },
        "Add": { try $0.arithmetic($1, .add) },
        "Sub": { try $0.arithmetic($1, .subtract) },
        "Mul": { try $0.arithmetic($1, .multiply) },
        "Div": { try $0.arithmetic($1, .divide) },
        "Pow": { try $0.arithmetic($1, .power) },
        "Max": { try $0.arithmetic($1, .maximum) },
        "Min": { try $0.arithmetic($1, .minimum) },
        "Sum": { try $0.merging($1, .add) },
        "Mean": { try $0.merging($1, .merge(.mean)) },
        "Neg": { try $0.arithmetic($1, .multiply, -1) },
        "Sqrt": { try $0.arithmetic($1, .power, 0.5) },
        "Reciprocal": { try $0.arithmetic($1, .power, -1) },
        "PRelu": { try $0.parametricRectifier($1) },
        "Clip": { try $0.clip($1) },
        "HardSigmoid": { try $0.hardSigmoid($1) },
        "Softmax": { try $0.softmax($1, .softmax) },
        "LogSoftmax": { try $0.softmax($1, .logSoftmax) },
    ]

    /// The operators that are activation functions as they stand.
    static let activations: [String: @Sendable (GraphNode) throws -> ActivationFunction] = [
        "Relu": { _ in .relu },
        "LeakyRelu": { .leakyReLU(slope: try $0.float("alpha", default: 0.01)) },
        "Elu": { .elu(alpha: try $0.float("alpha", default: 1)) },
        "Celu": { .celu(alpha: try $0.float("alpha", default: 1)) },
        "Selu": {
            let (alpha, gamma) = try ($0.float("alpha", default: 1.6732632), $0.float("gamma", default: 1.0507010))
            guard abs(alpha - 1.6732632) < 1e-5, abs(gamma - 1.0507010) < 1e-5 else {
                throw $0.unsupported("its alpha and gamma are \(alpha) and \(gamma)")
            }
            return .selu
        },
        "Sigmoid": { _ in .sigmoid },
        "Tanh": { _ in .tanh },
        "HardSwish": { _ in .hardSilu },
        "Softplus": { _ in .softplus },
        "Softsign": { _ in .softsign },
        "Mish": { _ in .mish },
        "Exp": { _ in .exponential },
        "Gelu": { .gelu(approximate: try $0.text("approximate", default: "none") == "tanh") },
        "Swish": {
            guard try $0.float("alpha", default: 1) == 1 else { throw $0.unsupported("its alpha is not 1") }
            return .silu
        },
        "ThresholdedRelu": {
            .boundedReLU(maximum: nil, slope: 0, threshold: try $0.float("alpha", default: 1))
        },
        "Shrink": {
            let (limit, bias) = try ($0.float("lambd", default: 0.5), $0.float("bias", default: 0))
            guard bias == 0 || bias == limit else { throw $0.unsupported("its bias is \(bias)") }
            return bias == 0 ? .hardShrink(threshold: limit) : .softShrink(threshold: limit)
        },
    ]
}

// MARK: Activations with conditions

extension GraphReader {
    mutating func clip(_ node: GraphNode) throws -> LayerOutput {
        let input = try output(node)
        let least = try number(node, "min", operand: 1) ?? -.infinity
        let most = try number(node, "max", operand: 2) ?? .infinity
        if least == -1, most == 1 { return try activation(.hardTanh, input, node) }
        if least == 0, most >= 0 {
            return try activation(.rectifier(maximum: most < .greatestFiniteMagnitude ? most : nil), input, node)
        }
        var result = input
        if least > -.greatestFiniteMagnitude {
            result = try addElementwise(.arithmetic(.maximum, least), node, result)
        }
        if most < .greatestFiniteMagnitude {
            result = try addElementwise(.arithmetic(.minimum, most), node, result)
        }
        return result
    }

    /// min(max(α·x + β, 0), 1)
    mutating func hardSigmoid(_ node: GraphNode) throws -> LayerOutput {
        let (alpha, beta) = try (node.float("alpha", default: 0.2), node.float("beta", default: 0.5))
        let input = try output(node)
        if beta == 0.5, abs(alpha * 6 - 1) < 1e-3 { return try activation(.hardSigmoid, input, node) }
        if beta == 0.5, alpha == 0.5 { return try activation(.sparseSigmoid, input, node) }
        let scaled = try addElementwise(.arithmetic(.multiply, alpha), node, input)
        let moved = try addElementwise(.arithmetic(.add, beta), node, scaled)
        return try activation(.rectifier(maximum: 1), moved, node)
    }

    /// Over the last axis of a layer. The logarithms that end a network are those of its probabilities.
    mutating func softmax(_ node: GraphNode, _ function: ActivationFunction) throws -> LayerOutput {
        let input = try output(node)
        let rank = input.axes.count + 1
        let axis = try node.axis(node.integer("axis", default: node.version < 13 ? 1 : -1), rank: rank)
        guard axis > 0, node.version >= 13 || axis == rank - 1 else {
            throw node.unsupported("it is over axis \(axis) of \(rank)")
        }
        let function = node.proto.output.first == graph.output ? .softmax : function
        guard input.axes[axis - 1] != input.axes.count - 1 else { return try activation(function, input, node) }
        var axes = Array(input.axes.indices)
        axes.swapAt(axis - 1, rank - 2)
        return try activation(function, arranged(input, as: axes, node), node)
    }

    /// Slopes along the channels, of each place, or of all.
    mutating func parametricRectifier(_ node: GraphNode) throws -> LayerOutput {
        let input = try output(node)
        let slopes = try broadcast(requiredConstant(node, 1), beside: input, node)
        let shared = zip(slopes.extents, input.shape.extents).enumerated().filter { $1.0 != $1.1 }.map { $0.offset + 1 }
        return try addElementwise(.prelu(sharedAxes: shared), node, input, ["alpha": slopes])
    }

    /// Layers that do something in training alone.
    mutating func dropout(_ node: GraphNode) throws -> LayerOutput {
        if let mode = try constant(node, 2), mode.integers?.allSatisfy({ $0 == 0 }) != true {
            throw node.unsupported("its training_mode is true")
        }
        let rate = try number(node, "ratio", operand: 1) ?? 0.5
        return try addElementwise(.dropout(rate: rate), node, output(node))
    }

    /// Between floating-point numbers.
    func cast(_ node: GraphNode) throws -> LayerOutput {
        let type = ONNXTensorProto.DataType(rawValue: try node.integer("to"))
        guard type?.isFloat == true else { throw node.unsupported("it makes integers of values") }
        return try output(node)
    }
}
