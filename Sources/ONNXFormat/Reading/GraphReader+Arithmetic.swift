import LayerCatalog
import Layers
import Tensors

/// Values put together with those of another layer, or with constants.
extension GraphReader {
    mutating func arithmetic(_ node: GraphNode, _ operator: NumberArithmetic.Operator) throws -> LayerOutput {
        guard node.proto.input.count == 2, let first = node.input(0), let second = node.input(1) else {
            return try merging(node, Self.merge(`operator`, node))
        }
        switch (value(first), value(second)) {
        case (.output(let input), .constant(let constant)):
            return try arithmetic(node, `operator`, input, constant, isConstantFirst: false)
        case (.constant(let constant), .output(let input)):
            return try arithmetic(node, `operator`, input, constant, isConstantFirst: true)
        default: return try merging(node, Self.merge(`operator`, node))
        }
    }

    /// An operator with a number of its own.
    mutating func arithmetic(
        _ node: GraphNode, _ operator: NumberArithmetic.Operator, _ number: Float
    ) throws -> LayerOutput {
        try addElementwise(.arithmetic(`operator`, number), node, output(node))
    }

    // MARK: Layers

    private static func merge(_ operator: NumberArithmetic.Operator, _ node: GraphNode) throws -> LayerKind {
        switch `operator` {
        case .add: .add
        case .subtract: .merge(.difference)
        case .multiply: .merge(.product)
        case .divide: .divide
        case .maximum: .merge(.maximum)
        case .minimum: .merge(.minimum)
        case .power: throw node.unsupported("its exponent is no constant")
        }
    }

    /// A layer of several inputs, whose extents of 1 are broadcast.
    mutating func merging(_ node: GraphNode, _ kind: LayerKind) throws -> LayerOutput {
        var inputs = try node.proto.input.map { try layerOutput($0, of: node) }
        guard let first = inputs.first else { throw node.unsupported("it has no operands") }
        if inputs.count == 1 { return first }
        guard inputs.allSatisfy({ $0.axes.count == first.axes.count }) else {
            throw node.unsupported("its operands have \(inputs.map { $0.axes.count + 1 }) axes")
        }
        if inputs.contains(where: { $0.order != first.order }) {
            for index in inputs.indices { inputs[index] = try inGraphOrder(inputs[index], node) }
        }
        let view = inputs[0]
        for index in inputs.indices where inputs[index].axes != view.axes {
            inputs[index] = try arranged(inputs[index], as: view.axes, node)
        }
        let output = try add(kind, node, inputs)
        return view.with(output.layer, output.shape)
    }

    // MARK: Constants

    mutating func arithmetic(
        _ node: GraphNode, _ operator: NumberArithmetic.Operator, _ input: LayerOutput, _ constant: ONNXConstant,
        isConstantFirst: Bool
    ) throws -> LayerOutput {
        if constant.count == 1, constant.extents.count <= input.axes.count + 1 {
            guard let number = try constant.number() else { throw node.unsupported("its constant is no finite number") }
            return try addElementwise(
                .arithmetic(`operator`, number, isNumberFirst: isConstantFirst), node, input)
        }
        let array = try broadcast(constant, beside: input, node)
        if let completed = completedNormalization(node, `operator`, input, array) { return completed }
        let isOfChannels = array.extents.dropLast().allSatisfy { $0 == 1 } && array.count == input.shape.channels
        if isOfChannels {
            return try channelArithmetic(node, `operator`, input, array, isConstantFirst: isConstantFirst)
        }
        return try placeArithmetic(node, `operator`, input, array, isConstantFirst: isConstantFirst)
    }

    /// A constant that is broadcast over samples, with the layer's axes in the layer's order.
    func broadcast(_ constant: ONNXConstant, beside input: LayerOutput, _ node: GraphNode) throws -> ONNXConstant {
        let rank = input.axes.count
        let refusal = node.unsupported(
            "its constant has the shape \(constant.extents) beside samples of \(input.extents)")
        var extents = constant.extents
        if extents.count == rank + 1, extents[0] == 1 { extents.removeFirst() }
        guard extents.count <= rank else { throw refusal }
        extents = Array(repeating: 1, count: rank - extents.count) + extents
        guard zip(extents, input.extents).allSatisfy({ $0 == 1 || $0 == $1 }) else { throw refusal }
        let shaped = constant.reshaped(extents)
        guard rank > 1 else {
            guard let order = input.order, extents == [order.count] else { return shaped }
            return ONNXConstant(name: constant.name, extents: extents) {
                try WeightLayout.rows(shaped.floats(), columns: 1, order: AxisOrder.inverse(order))
            }
        }
        return shaped.transposed(AxisOrder.inverse(input.axes))
    }

    /// A factor or summand behind a normalisation without one is the normalisation's own.
    private mutating func completedNormalization(
        _ node: GraphNode, _ operator: NumberArithmetic.Operator, _ input: LayerOutput, _ array: ONNXConstant
    ) -> LayerOutput? {
        let name = `operator` == .multiply ? "gamma" : `operator` == .add ? "beta" : nil
        guard let name, isUsedOnce(input) else { return nil }
        if var options = kind(input)?.options as? GroupNormalizationOptions {
            guard array.extents.dropLast().allSatisfy({ $0 == 1 }), array.count == input.shape.channels,
                !options.center, name == "beta" || !options.scale
            else { return nil }
            if name == "gamma" { options.scale = true } else { options.center = true }
            change(input.layer, to: LayerKind(options), adding: [name: array.reshaped([array.count])])
            return input
        }
        if var options = kind(input)?.options as? LayerNormalizationOptions {
            let extents = input.shape.extents.suffix(options.axes.count)
            guard Array(array.extents.suffix(options.axes.count)) == Array(extents),
                array.count == extents.reduce(1, *), !options.center, name == "beta" || !options.scale
            else { return nil }
            if name == "gamma" { options.scale = true } else { options.center = true }
            change(input.layer, to: LayerKind(options), adding: [name: array.reshaped(Array(extents))])
            return input
        }
        return nil
    }

    /// One number for each channel. Factors behind trained layers are trained too, all others stay as they are.
    private mutating func channelArithmetic(
        _ node: GraphNode, _ operator: NumberArithmetic.Operator, _ input: LayerOutput, _ array: ONNXConstant,
        isConstantFirst: Bool
    ) throws -> LayerOutput {
        let channels = input.shape.channels
        if `operator` == .multiply, isTrained(input) {
            return try addElementwise(
                .layerScale(initialValue: 1, channels: channels), node, input, ["gamma": array.reshaped([channels])])
        }
        let values = try array.floats()
        let kind: LayerKind
        switch (`operator`, isConstantFirst) {
        case (.multiply, _): kind = .rescaling(scale: values, offset: [0])
        case (.divide, false): kind = .rescaling(scale: values.map { 1 / $0 }, offset: [0])
        case (.add, _): kind = .rescaling(scale: [1], offset: values)
        case (.subtract, false): kind = .rescaling(scale: [1], offset: values.map { -$0 })
        case (.subtract, true): kind = .rescaling(scale: [-1], offset: values)
        default: throw node.unsupported("it takes a constant of the shape \(array.extents)")
        }
        return try addElementwise(kind, node, input)
    }

    /// A number for each place along some axes: what stays of a normalisation.
    private mutating func placeArithmetic(
        _ node: GraphNode, _ operator: NumberArithmetic.Operator, _ input: LayerOutput, _ array: ONNXConstant,
        isConstantFirst: Bool
    ) throws -> LayerOutput {
        let axes = array.extents.indices.filter { array.extents[$0] > 1 }.map { $0 + 1 }
        let values = try array.floats()
        let refusal = node.unsupported("it takes a constant of the shape \(array.extents)")
        let (ones, zeros) = (values.map { _ in Float(1) }, values.map { _ in Float(0) })
        func normalization(invert: Bool, mean: [Float], deviation: [Float]) throws -> LayerKind {
            // The layer takes variances, and deviations of at least 10⁻⁷.
            guard deviation.allSatisfy({ $0 >= 1e-6 && $0 * $0 < .infinity }) else { throw refusal }
            return .normalization(axes: axes, invert: invert, mean: mean, variance: deviation.map { $0 * $0 })
        }
        let kind: LayerKind
        switch (`operator`, isConstantFirst) {
        case (.add, _): kind = try normalization(invert: true, mean: values, deviation: ones)
        case (.subtract, false): kind = try normalization(invert: false, mean: values, deviation: ones)
        case (.multiply, _): kind = try normalization(invert: true, mean: zeros, deviation: values)
        case (.divide, false): kind = try normalization(invert: false, mean: zeros, deviation: values)
        default: throw refusal
        }
        return try addElementwise(kind, node, input)
    }
}
