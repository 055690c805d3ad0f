import LayerCatalog
import Layers
import Tensors

/// Operators that give the same values under other shapes, or some of them.
extension GraphReader {
    mutating func flatten(_ node: GraphNode) throws -> LayerOutput {
        let input = try output(node)
        let axis = try node.integer("axis", default: 1)
        guard axis == 1 || axis == -input.axes.count else { throw node.unsupported("it flattens from axis \(axis) on") }
        return try reshaped(input, to: [input.shape.count], node)
    }

    mutating func reshape(_ node: GraphNode) throws -> LayerOutput {
        let input = try output(node)
        return try reshaped(input, to: sampleExtents(node, input), node)
    }

    /// The extents that a Reshape gives the samples.
    func sampleExtents(_ node: GraphNode, _ input: LayerOutput) throws -> [Int] {
        let target: [Int?]
        if let told = try node.integers("shape") {
            target = told
        } else {
            guard let integers = try requiredConstant(node, 1).integers else {
                throw node.unsupported("its shape is no integers")
            }
            target = integers
        }
        let count = input.shape.count
        let copiesZeros = try node.integer("allowzero") == 0
        let refusal = node.unsupported(
            "it makes \(target.map { $0.map(String.init) ?? "N" }) of samples of \(input.extents)")
        guard let first = target.first, target.count <= 9 else { throw refusal }
        var extents: [Int] = []
        for (axis, extent) in target.enumerated().dropFirst() {
            guard var extent else { throw refusal }
            if extent == 0, copiesZeros {
                guard axis <= input.axes.count else { throw refusal }
                extent = input.extents[axis - 1]
            }
            guard extent == -1 || (1...count).contains(extent) else { throw refusal }
            extents.append(extent)
        }
        // All but one that is open.
        var known = 1
        for extent in extents where extent != -1 {
            let (product, overflow) = known.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= count else { throw refusal }
            known = product
        }
        let open = extents.indices.filter { extents[$0] == -1 }
        guard open.count <= 1, count % known == 0, !open.isEmpty || known == count else { throw refusal }
        if let place = open.first { extents[place] = count / known }
        // The first axis is that of samples, whatever says so: nothing, their number, or what is left for it.
        let samples = graph.inputs.compactMap(\.samples).first
        guard first == nil || (first == 0 && copiesZeros) || (first == -1 && open.isEmpty) || first == samples else {
            throw refusal
        }
        return extents
    }

    mutating func squeeze(_ node: GraphNode) throws -> LayerOutput {
        let input = try output(node)
        let rank = input.axes.count + 1
        guard let axes = try integers(node, "axes", operand: 1)?.map({ try node.axis($0, rank: rank) }),
            axes.allSatisfy({ $0 > 0 && input.extents[$0 - 1] == 1 })
        else { throw node.unsupported("it does not tell axes with an extent of 1") }
        return try reshaped(
            input, to: input.extents.enumerated().filter { !axes.contains($0.offset + 1) }.map(\.element), node)
    }

    mutating func unsqueeze(_ node: GraphNode) throws -> LayerOutput {
        let input = try output(node)
        let told = try integers(node, "axes", operand: 1) ?? []
        let rank = input.axes.count + 1 + told.count
        let axes = Set(try told.map { try node.axis($0, rank: rank) })
        guard axes.count == told.count, !axes.contains(0), rank <= 9 else {
            throw node.unsupported("its axes are \(told)")
        }
        var left = input.extents[...]
        let extents = (1..<rank).map { axes.contains($0) ? 1 : left.removeFirst() }
        return try reshaped(input, to: extents, node)
    }

    /// The samples' values in the graph's order under other extents.
    mutating func reshaped(_ input: LayerOutput, to extents: [Int], _ node: GraphNode) throws -> LayerOutput {
        if extents == input.extents { return input }
        if extents.count <= 1 { return try vector(input, hasAxis: !extents.isEmpty, node) }
        if let same = Self.relabelled(input, extents) { return same }
        let source = try inGraphOrder(input, node)
        // Where that moves nothing, channels go last.
        let isColumn = extents[0] == 1 || extents.dropFirst().allSatisfy { $0 == 1 }
        let axes = isColumn ? AxisOrder.channelsFirst(extents.count) : Array(extents.indices)
        let shape = isColumn ? Array(extents.dropFirst()) + [extents[0]] : extents
        let output = try add(.reshape(shape), node, [source])
        return LayerOutput(output.layer, output.shape, axes: axes)
    }

    /// How many features may stand in another order in the graph: each is a number of its own then.
    private static let mostOrderedFeatures = 1 << 22

    /// All values of a sample one after another. The order of a map's, the next layer takes account of.
    private mutating func vector(_ input: LayerOutput, hasAxis: Bool, _ node: GraphNode) throws -> LayerOutput {
        if input.axes.count == 1, hasAxis { return input }
        if hasAxis, let pooled = globalVector(input) { return pooled }
        let isMap = input.shape.extents.count > 1
        var output = isMap ? try add(.flatten, node, [input]) : input
        output.axes = hasAxis ? [0] : []
        if isMap, !input.isInGraphOrder {
            guard input.shape.count <= Self.mostOrderedFeatures else {
                throw node.unsupported("it flattens maps of \(input.shape.count) values")
            }
            let map = LayerOutput.FlattenedMap(shape: input.shape, axes: input.axes)
            (output.order, output.flattened) = (order(of: map), map)
        }
        return output
    }

    /// The same layer's output where extents of 1 alone have come to stand elsewhere.
    private static func relabelled(_ input: LayerOutput, _ extents: [Int]) -> LayerOutput? {
        let long = input.axes.filter { input.shape.extents[$0] > 1 }
        guard extents.count == input.axes.count,
            extents.filter({ $0 > 1 }) == long.map({ input.shape.extents[$0] })
        else { return nil }
        var left = long[...]
        var axes: [Int?] = extents.map { $0 > 1 ? left.removeFirst() : nil }
        let usual = AxisOrder.channelsFirst(extents.count)
        if zip(axes, usual).allSatisfy({ $0 == nil || $0 == $1 }) {
            axes = usual
        } else {
            var short = input.axes.filter { input.shape.extents[$0] == 1 }.sorted()[...]
            axes = axes.map { $0 ?? short.removeFirst() }
        }
        var output = input
        output.axes = axes.compactMap { $0 }
        return output
    }

    /// Nothing but another look at the same values.
    mutating func transpose(_ node: GraphNode) throws -> LayerOutput {
        var output = try output(node)
        let rank = output.axes.count + 1
        let order = try node.integers("perm") ?? Array((0..<rank).reversed())
        guard order.sorted() == Array(0..<rank), order[0] == 0 else {
            throw node.unsupported("it puts the axes of samples in the order \(order)")
        }
        output.axes = order.dropFirst().map { output.axes[$0 - 1] }
        return output
    }

    mutating func concatenation(_ node: GraphNode) throws -> LayerOutput {
        var inputs = try node.proto.input.map { try layerOutput($0, of: node) }
        guard let first = inputs.first else { throw node.unsupported("it has no operands") }
        if inputs.count == 1 { return first }
        let axis = try node.axis(node.integer("axis"), rank: first.axes.count + 1)
        guard axis > 0, inputs.allSatisfy({ $0.axes.count == first.axes.count }) else {
            throw node.unsupported("it joins along axis \(axis) of samples of \(inputs.map(\.extents))")
        }
        for index in inputs.indices where inputs[index].axes != first.axes {
            inputs[index] = try arranged(inputs[index], as: first.axes, node)
        }
        let output = try add(.concatenate(axis: first.axes[axis - 1] + 1), node, inputs)
        var joined = first.with(output.layer, output.shape)
        (joined.order, joined.flattened) = (nil, nil)
        if inputs.contains(where: { $0.order != nil }) {
            guard joined.shape.count <= Self.mostOrderedFeatures else {
                throw node.unsupported("it joins \(joined.shape.count) values")
            }
            try countOrder(of: joined.shape.count, node)
            var start = 0
            joined.order = inputs.flatMap { input -> [Int] in
                defer { start += input.shape.count }
                return (input.order ?? Array(0..<input.shape.count)).map { start + $0 }
            }
        }
        return joined
    }

    /// Values beside themselves, a few times.
    mutating func tile(_ node: GraphNode) throws -> LayerOutput {
        var result = try inGraphOrder(output(node), node)
        let times = try requiredConstant(node, 1).integers?.compactMap { $0 } ?? []
        guard times.count == result.axes.count + 1, times[0] == 1, times.allSatisfy((1...16).contains) else {
            throw node.unsupported("it repeats samples of \(result.extents) \(times) times")
        }
        for (place, count) in times.dropFirst().enumerated() where count > 1 {
            let repeated = try add(
                .concatenate(axis: result.axes[place] + 1), node, Array(repeating: result, count: count))
            result = result.with(repeated.layer, repeated.shape)
        }
        return result
    }

    /// Features in another order.
    mutating func gather(_ node: GraphNode) throws -> LayerOutput {
        var output = try output(node)
        let indices = try requiredConstant(node, 1)
        let places = indices.integers?.compactMap { $0 } ?? []
        guard output.axes.count == 1, indices.extents.count == 1, try node.axis(node.integer("axis"), rank: 2) == 1,
            places.count == output.shape.count,
            places.sorted() == Array(0..<output.shape.count)
        else { throw node.unsupported("it picks some values of samples of \(output.extents)") }
        try countOrder(of: places.count, node)
        let order = places.map { output.order?[$0] ?? $0 }
        output.flattened = nil
        output.order = order == Array(order.indices) ? nil : order
        return output
    }

    /// Maps without outer rows and columns.
    mutating func slice(_ node: GraphNode) throws -> LayerOutput {
        let input = try output(node)
        guard let starts = try integers(node, "starts", operand: 1), let ends = try integers(node, "ends", operand: 2),
            starts.count == ends.count
        else { throw node.unsupported("its starts and ends do not fit") }
        let axes = try integers(node, "axes", operand: 3) ?? Array(starts.indices)
        let steps = try integers(node, "steps", operand: 4) ?? Array(repeating: 1, count: starts.count)
        guard axes.count == starts.count, steps.allSatisfy({ $0 == 1 }), steps.count == starts.count else {
            throw node.unsupported("its steps are \(steps)")
        }
        var cut = Array(repeating: Ends(), count: input.axes.count)
        for (place, axis) in axes.enumerated() {
            let axis = try node.axis(axis, rank: input.axes.count + 1)
            if axis == 0, starts[place] == 0, ends[place] >= Int(Int32.max) { continue }
            guard axis > 0 else { throw node.unsupported("it cuts off samples") }
            let extent = input.extents[axis - 1]
            func limited(_ value: Int) -> Int { min(max(value < 0 ? value + extent : value, 0), extent) }
            cut[axis - 1] = Ends(before: limited(starts[place]), behind: extent - limited(ends[place]))
        }
        guard cut.contains(where: { $0 != Ends() }) else { return input }
        return try onMap(cut, neutral: Ends(), input, node) { rows, columns in
            .cropping2D(top: rows.before, bottom: rows.behind, left: columns.before, right: columns.behind)
        }
    }

    /// Maps with rows and columns of zeros around them.
    mutating func pad(_ node: GraphNode) throws -> LayerOutput {
        let input = try output(node)
        let rank = input.axes.count + 1
        let mode = try node.text("mode", default: "constant")
        let value = try number(node, "value", operand: 2) ?? 0
        guard mode == "constant", value == 0, var pads = try integers(node, "pads", operand: 1) else {
            throw node.unsupported("it pads with \(mode == "constant" ? "\(value)" : mode)")
        }
        if let axes = try node.input(3) == nil ? nil : integers(node, "axes", operand: 3) {
            guard pads.count == 2 * axes.count else { throw node.unsupported("its pads are \(pads)") }
            var all = Array(repeating: 0, count: 2 * rank)
            for (place, axis) in axes.enumerated() {
                let axis = try node.axis(axis, rank: rank)
                (all[axis], all[axis + rank]) = (pads[place], pads[place + axes.count])
            }
            pads = all
        }
        guard pads.count == 2 * rank, pads.allSatisfy((0...(1 << 20)).contains), pads[0] == 0, pads[rank] == 0 else {
            throw node.unsupported("its pads are \(pads)")
        }
        guard pads.contains(where: { $0 > 0 }) else { return input }
        let sides = (1..<rank).map { Ends(before: pads[$0], behind: pads[$0 + rank]) }
        return try onMap(sides, neutral: Ends(), input, node) { rows, columns in
            .zeroPadding2D(top: rows.before, bottom: rows.behind, left: columns.before, right: columns.behind)
        }
    }

    /// Adds a layer that does something to the rows and columns of a map, wherever these stand in the graph.
    ///
    /// - Parameters:
    ///   - changes: what is done to each axis of a sample.
    ///   - neutral: nothing.
    ///   - kind: the layer for what is done to rows and to columns.
    mutating func onMap<Change: Equatable>(
        _ changes: [Change], neutral: Change, _ input: LayerOutput, _ node: GraphNode,
        _ kind: (_ rows: Change, _ columns: Change) -> LayerKind
    ) throws -> LayerOutput {
        let unchanged = changes.indices.filter { changes[$0] == neutral }
        // The layer's own channels if nothing is done to them.
        let channels = unchanged.first { input.axes[$0] == 2 } ?? unchanged.last
        guard input.axes.count == 3, let channels else {
            throw node.unsupported("it changes other axes than rows and columns of samples of \(input.extents)")
        }
        let spatial = (0..<3).filter { $0 != channels }
        var axes = Array(repeating: 2, count: 3)
        (axes[spatial[0]], axes[spatial[1]]) =
            input.axes[channels] == 2
            ? (input.axes[spatial[0]], input.axes[spatial[1]]) : (0, 1)
        let map = try arranged(input, as: axes, node)
        let places = spatial.sorted { axes[$0] < axes[$1] }
        let output = try add(kind(changes[places[0]], changes[places[1]]), node, [map])
        return LayerOutput(output.layer, output.shape, axes: axes)
    }
}

/// What is added to an axis, or cut off it.
struct Ends: Equatable {
    var before = 0
    var behind = 0
}
