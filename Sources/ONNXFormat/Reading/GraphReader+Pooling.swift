import LayerCatalog
import Layers
import Tensors

/// Pooling windows, and means and maxima of whole maps.
extension GraphReader {
    mutating func maxPooling(_ node: GraphNode) throws -> LayerOutput {
        let input = try map(node)
        let window = try poolingWindow(node)
        let pads = try window.pads(of: input.shape, node)
        let outputs = window.outputs(of: input.shape, pads)
        func pooling(_ strides: Extent2D, _ padding: Padding) -> LayerKind {
            .maxPooling2D(poolSize: window.size, strides: strides, padding: padding)
        }
        func fits(_ padding: Padding, _ map: Shape) -> Bool {
            func count(_ extent: Int, _ size: Int, _ stride: Int) -> Int {
                padding == .same ? (extent + stride - 1) / stride : extent < size ? 0 : (extent - size) / stride + 1
            }
            return count(map.extents[0], window.size.height, window.strides.height) == outputs.rows
                && count(map.extents[1], window.size.width, window.strides.width) == outputs.columns
        }
        if pads.isNone, fits(.valid, input.shape) {
            return try mapLayer(pooling(window.strides, .valid), node, input)
        }
        let same = window.samePads(of: input.shape)
        if (pads.top, pads.left) == (same.top, same.left), fits(.same, input.shape) {
            return try mapLayer(pooling(window.strides, .same), node, input)
        }
        let surrounded = Shape([
            input.shape.extents[0] + pads.top + pads.bottom, input.shape.extents[1] + pads.left + pads.right,
            input.shape.channels,
        ])
        // Behind a rectifier zeros are as good as what lies outside, −∞.
        if isNeverNegative(input), fits(.valid, surrounded) {
            let padded = try mapLayer(
                .zeroPadding2D(top: pads.top, bottom: pads.bottom, left: pads.left, right: pads.right), node, input)
            return try mapLayer(pooling(window.strides, .valid), node, padded)
        }
        return try thinnedPooling(node, input, window, pads, outputs)
    }

    /// The maxima around every pixel, of which those that the strides lead to are kept.
    private mutating func thinnedPooling(
        _ node: GraphNode, _ input: LayerOutput, _ window: GraphWindow, _ pads: GraphWindow.Pads,
        _ outputs: (rows: Int, columns: Int)
    ) throws -> LayerOutput {
        // Around a pixel lie (size − 1)/2 before it: the first window begins so many rows behind that of the graph.
        let top = (window.size.height - 1) / 2 - pads.top, left = (window.size.width - 1) / 2 - pads.left
        let rows = (outputs.rows - 1) * window.strides.height + 1
        let columns = (outputs.columns - 1) * window.strides.width + 1
        let bottom = input.shape.extents[0] - top - rows, right = input.shape.extents[1] - left - columns
        guard top >= 0, left >= 0, bottom >= 0, right >= 0, outputs.rows > 0, outputs.columns > 0 else {
            throw node.unsupported(
                "its pads are \([pads.top, pads.left, pads.bottom, pads.right]) for a window of "
                    + "\(window.size.height)×\(window.size.width)")
        }
        let all = try mapLayer(
            .maxPooling2D(poolSize: window.size, strides: Extent2D(1, 1), padding: .same), node, input)
        let cropped = try mapLayer(.cropping2D(top: top, bottom: bottom, left: left, right: right), node, all)
        return try mapLayer(
            .maxPooling2D(poolSize: Extent2D(1, 1), strides: window.strides, padding: .valid), node, cropped)
    }

    mutating func averagePooling(_ node: GraphNode) throws -> LayerOutput {
        let input = try map(node)
        let window = try poolingWindow(node)
        let pads = try window.pads(of: input.shape, node)
        let outputs = window.outputs(of: input.shape, pads)
        let same = window.samePads(of: input.shape)
        let countsPads = try node.integer("count_include_pad") != 0
        var map = input
        var padding = Padding.valid
        if !pads.isNone {
            if !countsPads, (pads.top, pads.left) == (same.top, same.left) {
                padding = .same
            } else if countsPads {
                map = try mapLayer(
                    .zeroPadding2D(top: pads.top, bottom: pads.bottom, left: pads.left, right: pads.right), node, input)
            } else {
                throw node.unsupported("its pads are \([pads.top, pads.left, pads.bottom, pads.right])")
            }
        }
        let pooled = try mapLayer(
            .averagePooling2D(poolSize: window.size, strides: window.strides, padding: padding), node, map)
        guard pooled.shape.extents[0] == outputs.rows, pooled.shape.extents[1] == outputs.columns else {
            throw node.unsupported("its windows end behind the map (ceil_mode, or pads)")
        }
        return pooled
    }

    private func poolingWindow(_ node: GraphNode) throws -> GraphWindow {
        guard let extents = try node.integers("kernel_shape"), extents.count == 2 else {
            throw node.unsupported("its window is not two-dimensional")
        }
        let window = try GraphWindow(node, extents)
        guard window.dilation == Extent2D(1, 1) else { throw node.unsupported("its window is dilated") }
        return window
    }

    /// A layer on a map, which gives one.
    mutating func mapLayer(_ kind: LayerKind, _ node: GraphNode, _ input: LayerOutput) throws -> LayerOutput {
        let output = try add(kind, node, [input])
        return LayerOutput(output.layer, output.shape, axes: AxisOrder.channelsFirst(3))
    }

    /// Whether a layer gives no negative values, whatever it is fed.
    private func isNeverNegative(_ output: LayerOutput) -> Bool {
        guard let options = kind(output)?.options as? ActivationOptions else { return false }
        return switch options.function {
        case .relu, .sigmoid, .softplus, .hardSigmoid, .exponential: true
        case .boundedReLU(_, let slope, let threshold): slope == 0 && threshold >= 0
        default: false
        }
    }

    // MARK: Whole maps

    mutating func globalPooling(_ node: GraphNode, isMean: Bool) throws -> LayerOutput {
        try mapLayer(Self.global(isMean: isMean, keepsDimensions: true), node, map(node))
    }

    private static func global(isMean: Bool, keepsDimensions: Bool) -> LayerKind {
        isMean
            ? .globalAveragePooling2D(keepDimensions: keepsDimensions)
            : .globalMaxPooling2D(keepDimensions: keepsDimensions)
    }

    /// A mean or maximum over two of three axes, whatever they are.
    mutating func reduction(_ node: GraphNode, isMean: Bool) throws -> LayerOutput {
        var input = try output(node)
        let keepsDimensions = try node.integer("keepdims", default: 1) != 0
        let axes = try (integers(node, "axes", operand: 1) ?? []).map { try node.axis($0, rank: input.axes.count + 1) }
        guard input.axes.count == 3, Set(axes).count == 2, axes.count == 2, !axes.contains(0) else {
            throw node.unsupported("it is over the axes \(axes) of \(input.axes.count + 1)")
        }
        let channels = [1, 2, 3].first { !axes.contains($0) }!
        if input.axes[channels - 1] != 2 {
            var order = Array(repeating: 2, count: 3)
            for (place, axis) in axes.sorted().enumerated() { order[axis - 1] = place }
            input = try arranged(input, as: order, node)
        }
        let pooled = try add(Self.global(isMean: isMean, keepsDimensions: keepsDimensions), node, [input])
        return keepsDimensions
            ? LayerOutput(pooled.layer, pooled.shape, axes: input.axes) : LayerOutput(pooled.layer, pooled.shape)
    }

    /// Lets a layer that gives a mean or maximum of whole maps, for this node alone, give it as a vector.
    mutating func globalVector(_ input: LayerOutput) -> LayerOutput? {
        guard isUsedOnce(input) else { return nil }
        switch kind(input)?.options {
        case is GlobalAveragePooling2DOptions:
            change(input.layer, to: Self.global(isMean: true, keepsDimensions: false))
        case is GlobalMaxPooling2DOptions: change(input.layer, to: Self.global(isMean: false, keepsDimensions: false))
        default: return nil
        }
        return LayerOutput(input.layer, [input.shape.count])
    }
}
