import LayerCatalog
import Layers
import Tensors

/// Convolutions and dense layers.
extension GraphReader {
    // MARK: Convolutions

    mutating func convolution(_ node: GraphNode) throws -> LayerOutput {
        try convolution(node, kernel: requiredConstant(node, 1), bias: constant(node, 2))
    }

    /// A convolution, and a constant added to what it gives.
    mutating func convolutionWithBias(_ last: GraphNode, _ match: GraphMatch) throws -> LayerOutput {
        guard let node = match.nodes["product"], case .constant(let bias) = value(match.values["bias"] ?? "") else {
            throw last.unsupported("its bias is no constant")
        }
        let kernel = try requiredConstant(node, 1)
        let filters = kernel.extents.first ?? 0
        let isOfChannels =
            kernel.extents.count > 2 && bias.count == filters && bias.extents.count >= kernel.extents.count - 1
            && bias.extents[bias.extents.count - kernel.extents.count + 1] == filters
        guard isOfChannels else {
            let sums = try convolution(node, kernel: kernel, bias: nil)
            return try arithmetic(last, .add, sums, bias, isConstantFirst: false)
        }
        return try convolution(node, kernel: kernel, bias: bias.reshaped([filters]))
    }

    private mutating func convolution(
        _ node: GraphNode, kernel: ONNXConstant, bias: ONNXConstant?
    ) throws -> LayerOutput {
        // This program's dense layers of maps say nothing of how they move. Other axes than those of maps have
        // convolutions of one pixel alone, which are dense layers too.
        let isDense = node.has("kernel_shape") && !node.has("strides") && !node.has("pads") && !node.has("group")
        let isOfPixel = kernel.extents.dropFirst(2).allSatisfy { $0 == 1 }
        guard kernel.extents.count != 4 || isDense && isOfPixel else { return try mapConvolution(node, kernel, bias) }
        let window = try GraphWindow(node, kernel.extents.dropFirst(2).map { $0 })
        guard window.isPixel, kernel.extents.count > 2, try node.integer("group", default: 1) == 1 else {
            throw node.unsupported("its kernel has the shape \(kernel.extents)")
        }
        let input = try output(node)
        guard input.axes.count == kernel.extents.count - 1 else {
            throw node.unsupported(
                "its operand has \(input.axes.count + 1) axes, and its kernel \(kernel.extents.count)")
        }
        let axes = AxisOrder.channelsFirst(input.axes.count)
        let matrix = kernel.reshaped(Array(kernel.extents.prefix(2))).transposed([1, 0])
        var sums = try dense(node, arranged(input, as: axes, node), matrix, bias, sharing: [matrix])
        sums.axes = axes
        return sums
    }

    private mutating func mapConvolution(
        _ node: GraphNode, _ kernel: ONNXConstant, _ bias: ONNXConstant?
    ) throws -> LayerOutput {
        let input = try map(node)
        let window = try GraphWindow(node, Array(kernel.extents.suffix(2)))
        let groups = try node.integer("group", default: 1)
        let channels = input.shape.channels
        let filters = kernel.extents[0]
        guard groups > 0, channels % groups == 0, kernel.extents[1] == channels / groups, filters > 0,
            filters % groups == 0
        else {
            throw node.unsupported(
                "its kernel has the shape \(kernel.extents) for \(channels) channels in \(groups) groups")
        }
        let (padded, padding) = try self.padded(input, window, node)
        var parameters = ["kernel": kernel.transposed([2, 3, 1, 0])]
        try addBias(bias, of: filters, to: &parameters, node)
        let kind: LayerKind
        if groups > 1, groups == channels {
            let multiplier = filters / channels
            parameters["kernel"] = parameters["kernel"]!.reshaped(
                [window.size.height, window.size.width, channels, multiplier])
            kind = .depthwiseConvolution2D(
                kernelSize: window.size, strides: window.strides, padding: padding, dilationRate: window.dilation,
                depthMultiplier: multiplier, activation: .linear, useBias: bias != nil)
        } else {
            kind = .convolution2D(
                filters: filters, kernelSize: window.size, strides: window.strides, padding: padding,
                dilationRate: window.dilation, groups: groups, activation: .linear, useBias: bias != nil)
        }
        let sums = try add(kind, node, [padded], parameters, sharing: [kernel] + (bias.map { [$0] } ?? []))
        return LayerOutput(sums.layer, sums.shape, axes: AxisOrder.channelsFirst(3))
    }

    private func addBias(
        _ bias: ONNXConstant?, of filters: Int, to parameters: inout [String: ONNXConstant], _ node: GraphNode
    ) throws {
        guard let bias else { return }
        guard bias.count == filters else {
            throw node.unsupported("its bias has the shape \(bias.extents) for \(filters) outputs")
        }
        parameters["bias"] = bias.reshaped([filters])
    }

    /// The map with as much padding as the layer does not add itself, and how it pads.
    mutating func padded(
        _ input: LayerOutput, _ window: GraphWindow, _ node: GraphNode
    ) throws -> (LayerOutput, Padding) {
        let pads = try window.pads(of: input.shape, node)
        if pads.isNone { return (input, .valid) }
        if pads == window.samePads(of: input.shape) { return (input, .same) }
        let padded = try add(
            .zeroPadding2D(top: pads.top, bottom: pads.bottom, left: pads.left, right: pads.right), node, [input])
        return (input.with(padded.layer, padded.shape), .valid)
    }

    mutating func transposedConvolution(_ node: GraphNode) throws -> LayerOutput {
        let kernel = try requiredConstant(node, 1)
        guard kernel.extents.count == 4, try node.integer("group", default: 1) == 1 else {
            throw node.unsupported("its kernel has the shape \(kernel.extents), or its channels fall into groups")
        }
        let input = try map(node)
        let filters = kernel.extents[1]
        guard kernel.extents[0] == input.shape.channels, filters > 0 else {
            throw node.unsupported("its kernel has the shape \(kernel.extents) for \(input.shape.channels) channels")
        }
        let window = try GraphWindow(node, Array(kernel.extents.suffix(2)))
        let bias = try constant(node, 2)
        var parameters = ["kernel": kernel.transposed([2, 3, 1, 0])]
        try addBias(bias, of: filters, to: &parameters, node)
        let axes = try TransposedWindow(node, window, on: input.shape)
        let kind = LayerKind.transposedConvolution2D(
            filters: filters, kernelSize: window.size, strides: window.strides, padding: axes.padding,
            outputPadding: axes.outputPadding, dilationRate: window.dilation, activation: .linear,
            useBias: bias != nil)
        let sums = try add(kind, node, [input], parameters, sharing: [kernel] + (bias.map { [$0] } ?? []))
        let map = LayerOutput(sums.layer, sums.shape, axes: AxisOrder.channelsFirst(3))
        guard let cropping = axes.cropping else { return map }
        let cropped = try add(
            .cropping2D(
                top: cropping.top, bottom: cropping.bottom, left: cropping.left, right: cropping.right), node, [map])
        return map.with(cropped.layer, cropped.shape)
    }

    // MARK: Dense layers

    /// α·x·W + β·b, of vectors.
    mutating func generalProduct(_ node: GraphNode) throws -> LayerOutput {
        let input = try output(node)
        var kernel = try requiredConstant(node, 1)
        guard input.axes.count == 1, kernel.extents.count == 2, try node.integer("transA") == 0 else {
            throw node.unsupported(
                "its operands have \(input.axes.count + 1) and \(kernel.extents.count) axes, or transA")
        }
        if try node.integer("transB") != 0 { kernel = kernel.transposed([1, 0]) }
        let (alpha, beta) = try (node.float("alpha", default: 1), node.float("beta", default: 1))
        let bias = try constant(node, 2)
        if let bias, bias.count != 1, bias.extents.last != bias.count {
            throw node.unsupported("its bias has the shape \(bias.extents) for \(kernel.extents[1]) outputs")
        }
        return try dense(
            node, input, alpha == 1 ? kernel : kernel.multiplied(by: alpha),
            beta == 1 ? bias : bias?.multiplied(by: beta),
            sharing: alpha == 1 && beta == 1 ? [kernel] : [])
    }

    /// x·W over the last axis.
    mutating func product(_ node: GraphNode) throws -> LayerOutput {
        try dense(node, output(node), requiredConstant(node, 1), nil, sharing: [requiredConstant(node, 1)])
    }

    /// x·W, and a constant added to it.
    mutating func denseWithBias(_ last: GraphNode, _ match: GraphMatch) throws -> LayerOutput {
        guard let node = match.nodes["product"], case .constant(let bias) = value(match.values["bias"] ?? "") else {
            throw last.unsupported("its bias is no constant")
        }
        let kernel = try requiredConstant(node, 1)
        let input = try output(node)
        guard let units = kernel.extents.last, bias.count == 1 || bias.count == units,
            bias.extents.last ?? 1 == bias.count
        else {
            let sums = try product(node)
            return try arithmetic(last, .add, sums, bias, isConstantFirst: false)
        }
        return try dense(node, input, kernel, bias, sharing: [kernel])
    }

    /// A dense layer over the last axis of the graph.
    ///
    /// - Parameter kernel: (inputs, outputs).
    private mutating func dense(
        _ node: GraphNode, _ input: LayerOutput, _ kernel: ONNXConstant, _ bias: ONNXConstant?,
        sharing shared: [ONNXConstant]
    ) throws -> LayerOutput {
        var input = input
        let last = input.axes.count - 1
        if node.type != "Conv", last > 0, input.axes != Array(input.axes.indices) {
            input = try arranged(input, as: Array(input.axes.indices), node)
        }
        guard last >= 0, kernel.extents.count == 2, kernel.extents[0] == input.shape.channels, kernel.extents[1] > 0
        else {
            throw node.unsupported(
                "its kernel has the shape \(kernel.extents), and its operand's samples \(input.extents)")
        }
        let units = kernel.extents[1]
        var parameters = ["kernel": kernel]
        if let order = input.order {
            parameters["kernel"] = ONNXConstant(name: kernel.name, extents: kernel.extents) {
                try WeightLayout.rows(kernel.floats(), columns: units, order: AxisOrder.inverse(order))
            }
        }
        if let bias, bias.count == 1, units > 1 {
            parameters["bias"] = ONNXConstant(name: bias.name, extents: [units]) {
                Array(repeating: try bias.floats()[0], count: units)
            }
        } else {
            try addBias(bias, of: units, to: &parameters, node)
        }
        return try add(
            .dense(units: units, activation: .linear, useBias: bias != nil), node, [input], parameters,
            sharing: input.order == nil ? shared + (bias.map { [$0] } ?? []) : [])
    }
}

extension ONNXConstant {
    func multiplied(by factor: Float) -> ONNXConstant {
        let values = self
        return ONNXConstant(name: name, extents: extents) { try values.floats().map { $0 * factor } }
    }
}
