import LayerCatalog
import Layers
import Tensors

/// Normalisations, of one operator or of several.
extension GraphReader {
    mutating func batchNormalization(_ node: GraphNode) throws -> LayerOutput {
        var input = try output(node)
        guard try node.integer("training_mode") == 0, input.axes.count > 0 else {
            throw node.unsupported("it normalises by the batch")
        }
        let axes = AxisOrder.channelsFirst(input.axes.count)
        input = try arranged(input, as: axes, node)
        var parameters: [String: ONNXConstant] = [:]
        for (index, name) in BatchNormalizationOptions.kerasVariables.enumerated() {
            let values = try requiredConstant(node, index + 1)
            guard values.extents == [input.shape.channels] else {
                throw node.unsupported(
                    "its \(name) has the shape \(values.extents) for \(input.shape.channels) channels")
            }
            parameters[name] = ordered(values, as: input)
        }
        return try addElementwise(
            .batchNormalization(
                momentum: node.float("momentum", default: 0.9), epsilon: node.float("epsilon", default: 1e-5)), node,
            input, parameters)
    }

    /// Values of features as the layer has these.
    private func ordered(_ values: ONNXConstant, as input: LayerOutput) -> ONNXConstant {
        guard let order = input.order else { return values }
        return ONNXConstant(name: values.name, extents: values.extents) {
            try WeightLayout.rows(values.floats(), columns: 1, order: AxisOrder.inverse(order))
        }
    }

    mutating func layerNormalization(_ node: GraphNode) throws -> LayerOutput {
        let rank = try output(node).axes.count + 1
        let axis = try node.axis(node.integer("axis", default: -1), rank: rank)
        return try layerNormalization(
            node, output(node), axes: Array(axis..<rank), epsilon: node.float("epsilon", default: 1e-5),
            gamma: constant(node, 1), beta: constant(node, 2))
    }

    /// (x − mean)/√(variance + ε), perhaps times γ and plus β, each of them an operator.
    mutating func layerNormalization(_ node: GraphNode, _ match: GraphMatch) throws -> LayerOutput {
        let input = try layerOutput(match.input, of: node)
        let axes = try ["mean", "variance"].map { try reducedAxes(match.nodes[$0], rank: input.axes.count + 1, node) }
        guard axes[0] == axes[1] else { throw node.unsupported("it takes mean and variance along other axes") }
        if let moved = match.nodes["moved"] { try requireBroadcast(moved, of: input, along: axes[0]) }
        let parameters = ["gamma", "beta"].map { name -> ONNXConstant? in
            guard case .constant(let constant) = match.values[name].flatMap(value) else { return nil }
            return constant
        }
        return try layerNormalization(
            node, input, axes: axes[0], epsilon: match.numbers["epsilon"] ?? 0, gamma: parameters[0],
            beta: parameters[1])
    }

    /// Requires that an operator leaves means along some axes where they are broadcast along these.
    private func requireBroadcast(_ node: GraphNode, of input: LayerOutput, along axes: [Int]) throws {
        let means = input.extents.enumerated().map { axes.contains($0 + 1) ? 1 : $1 }
        let staysInPlace: Bool
        if node.type == "Reshape" {
            staysInPlace = try sampleExtents(node, LayerOutput(input.layer, Shape(means))) == means
        } else {
            let rank = means.count + 1
            let order = try node.integers("perm") ?? Array((0..<rank).reversed())
            staysInPlace =
                order.sorted() == Array(0..<rank) && order[0] == 0
                && (1..<rank).allSatisfy { order[$0] == $0 || means[$0 - 1] == 1 && means[order[$0] - 1] == 1 }
        }
        guard staysInPlace else { throw node.unsupported("it moves the means of a normalisation") }
    }

    /// The axes of a mean or length that has an extent of 1 in their place.
    private func reducedAxes(_ reduction: GraphNode?, rank: Int, _ last: GraphNode) throws -> [Int] {
        guard let reduction, try reduction.integer("keepdims", default: 1) != 0,
            let told = try reduction.integers("axes")
                ?? reduction.input(1).flatMap({ graph.constants[$0]?.integers?.compactMap { $0 } })
        else { throw last.unsupported("it normalises along unknown axes") }
        let axes = try told.map { try reduction.axis($0, rank: rank) }.sorted()
        guard !axes.isEmpty, !axes.contains(0), Set(axes).count == axes.count else {
            throw last.unsupported("it normalises along the axes \(told)")
        }
        return axes
    }

    /// - Parameter axes: those of the graph, in rising order.
    private mutating func layerNormalization(
        _ node: GraphNode, _ input: LayerOutput, axes: [Int], epsilon: Float, gamma: ONNXConstant?, beta: ONNXConstant?
    ) throws -> LayerOutput {
        guard let first = axes.first, first > 0 else { throw node.unsupported("it normalises over samples") }
        var input = input
        let count = input.axes.count
        if Set(axes.map { input.axes[$0 - 1] }) != Set((count - axes.count)..<count) {
            // The others in their order, and then these.
            let order = (1...count).filter { !axes.contains($0) } + axes
            input = try arranged(input, as: AxisOrder.inverse(order.map { $0 - 1 }), node)
        }
        let extents = Array(input.shape.extents.suffix(axes.count))
        var parameters: [String: ONNXConstant] = [:]
        for (name, values) in [("gamma", gamma), ("beta", beta)] {
            guard let values else { continue }
            let own = try broadcast(values, beside: input, node)
            guard Array(own.extents.suffix(axes.count)) == extents, own.count == extents.reduce(1, *) else {
                throw node.unsupported(
                    "its parameters have the shape \(values.extents) for samples of \(input.extents)")
            }
            parameters[name] = own.reshaped(extents)
        }
        return try addElementwise(
            .layerNormalization(
                axes: axes.indices.map { $0 - axes.count }, epsilon: epsilon, center: beta != nil, scale: gamma != nil),
            node, input, parameters)
    }

    /// Groups of channels, with a factor for each channel, or for each group as the operator first had it.
    mutating func groupNormalization(_ node: GraphNode) throws -> LayerOutput {
        let groups = try node.integer("num_groups")
        let (gamma, beta) = try (requiredConstant(node, 1), requiredConstant(node, 2))
        return try groupNormalization(node, output(node), groups, node.float("epsilon", default: 1e-5), gamma, beta)
    }

    /// Each channel by itself.
    mutating func instanceNormalization(_ node: GraphNode) throws -> LayerOutput {
        let (gamma, beta) = try (requiredConstant(node, 1), requiredConstant(node, 2))
        return try groupNormalization(node, output(node), -1, node.float("epsilon", default: 1e-5), gamma, beta)
    }

    /// Groups as the channels of an instance normalisation.
    mutating func groupNormalization(_ node: GraphNode, _ match: GraphMatch) throws -> LayerOutput {
        let input = try layerOutput(match.input, of: node)
        guard let normalization = match.nodes["normalization"],
            case .constant(let told) = value(match.values["groups"] ?? ""), let groups = told.integers,
            groups.count == 3, let count = groups[1], count > 0, holdsSamples(groups, of: count, input),
            try sampleExtents(node, input) == input.extents
        else { throw node.unsupported("it normalises groups of another kind than channels") }
        for (name, neutral) in [("gamma", 1), ("beta", 0)] as [(String, Float)] {
            guard case .constant(let values) = value(match.values[name] ?? ""), values.count == count,
                try values.floats().allSatisfy({ $0 == neutral })
            else { throw node.unsupported("it scales groups of channels") }
        }
        return try groupNormalization(
            node, input, count, normalization.float("epsilon", default: 1e-5), nil, nil)
    }

    /// Whether extents (N, groups, values) are those of whole samples.
    private func holdsSamples(_ extents: [Int?], of groups: Int, _ input: LayerOutput) -> Bool {
        let told = extents[2] == 0 && input.axes.count > 1 ? input.extents[1] : extents[2]
        guard let told, told == -1 || told.multipliedReportingOverflow(by: groups) == (input.shape.count, false) else {
            return false
        }
        guard let samples = extents[0], samples != 0 else { return true }
        return samples == -1 ? told != -1 : samples == graph.inputs.compactMap(\.samples).first
    }

    private mutating func groupNormalization(
        _ node: GraphNode, _ input: LayerOutput, _ groups: Int, _ epsilon: Float, _ gamma: ONNXConstant?,
        _ beta: ONNXConstant?
    ) throws -> LayerOutput {
        guard input.axes.count > 0 else { throw node.unsupported("its samples have no axes") }
        let ordered = input.order == nil ? input : try inGraphOrder(input, node)
        let map = try arranged(ordered, as: AxisOrder.channelsFirst(input.axes.count), node)
        let channels = map.shape.channels
        var parameters: [String: ONNXConstant] = [:]
        for (name, values) in [("gamma", gamma), ("beta", beta)] {
            guard let values else { continue }
            guard values.extents == [channels] || values.extents == [groups], values.count > 0,
                channels % values.count == 0
            else {
                throw node.unsupported("its parameters have the shape \(values.extents) for \(channels) channels")
            }
            let each = channels / values.count
            parameters[name] = ONNXConstant(name: values.name, extents: [channels]) {
                try values.floats().flatMap { Array(repeating: $0, count: each) }
            }
        }
        return try addElementwise(
            .groupNormalization(groups: groups, epsilon: epsilon, center: beta != nil, scale: gamma != nil), node, map,
            parameters)
    }

    /// Vectors along some axes divided by their lengths.
    mutating func unitNormalization(_ node: GraphNode, _ match: GraphMatch) throws -> LayerOutput {
        let input = try layerOutput(match.input, of: node)
        let axes = try reducedAxes(match.nodes["length"], rank: input.axes.count + 1, node)
        return try addElementwise(.unitNormalization(axes: axes.map { input.axes[$0 - 1] + 1 }), node, input)
    }
}
