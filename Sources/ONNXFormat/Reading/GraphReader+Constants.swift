import SwiftProtobuf

/// What operators make of constants, and of shapes: nothing that a network would have to compute.
extension GraphReader {
    /// The value of a node that is the same for all stamps; nil for others.
    func constantValue(of node: GraphNode) throws -> ONNXConstant? {
        guard let constant = try unlimitedConstantValue(of: node) else { return nil }
        guard constant.depth <= Self.mostOperators else {
            throw node.unsupported("it computes with constants that more than \(Self.mostOperators) operators give")
        }
        return constant
    }

    /// How many operators may stand behind one another before a weight: they are computed when it is read.
    private static let mostOperators = 8

    private func unlimitedConstantValue(of node: GraphNode) throws -> ONNXConstant? {
        if node.type == "Shape" { return try shape(node) }
        var operands: [ONNXConstant] = []
        for name in node.proto.input where !name.isEmpty {
            guard case .constant(let constant) = value(name) else { return nil }
            operands.append(constant)
        }
        guard let first = operands.first, node.type != "Dropout" else { return nil }
        return switch node.type {
        case "Identity": first
        case "Cast": try cast(node, first, to: ONNXTensorProto.DataType(rawValue: node.integer("to")))
        case "CastLike": try cast(node, first, to: operands.last?.integers == nil ? .float : .int64)
        case "Gather": try gathered(node, first, operands)
        case "Concat": try joined(node, operands)
        case "Slice": try sliced(node, first)
        case "ConstantOfShape": try repeated(node, first)
        case "Unsqueeze", "Squeeze", "Reshape", "Flatten": try otherwiseShaped(node, first)
        case "Transpose": first.transposed(try order(node, first))
        case "Add": try combined(node, operands, { $0 + $1 }, { $0.addingReportingOverflow($1) })
        case "Sub": try combined(node, operands, { $0 - $1 }, { $0.subtractingReportingOverflow($1) })
        case "Mul": try combined(node, operands, { $0 * $1 }, { $0.multipliedReportingOverflow(by: $1) })
        case "Div": try combined(node, operands, { $0 / $1 }, { $0.dividedReportingOverflow(by: $1) })
        case "Sqrt": try changed(node, first) { $0.squareRoot() }
        case "Neg": try changed(node, first) { -$0 }
        case "Reciprocal": try changed(node, first) { 1 / $0 }
        default: throw node.unsupported("it computes with constants")
        }
    }

    /// Numbers of another type: integers as floating-point numbers, and the other way round without their fractions.
    private func cast(
        _ node: GraphNode, _ constant: ONNXConstant, to type: ONNXTensorProto.DataType?
    ) throws -> ONNXConstant {
        guard let type, type.byteCount != nil else { throw node.unsupported("it casts constants to an unknown type") }
        guard let integers = constant.integers else {
            if type.isFloat { return constant }
            guard constant.count <= Self.mostCastNumbers else {
                throw node.unsupported("it makes integers of \(constant.count) numbers")
            }
            let whole = try constant.floats().map { number -> Int? in
                if type == .bool { return number == 0 ? 0 : 1 }
                guard let integer = Int(exactly: number.rounded(.towardZero)) else {
                    throw node.unsupported("it makes integers of numbers out of range")
                }
                return integer
            }
            return ONNXConstant(integers: whole, extents: constant.extents)
        }
        if type == .bool { return ONNXConstant(integers: integers.map { $0 == 0 ? 0 : 1 }, extents: constant.extents) }
        guard type.isFloat else { return constant }
        let known = integers.compactMap { $0 }
        guard known.count == integers.count else { throw node.unsupported("it computes with the number of samples") }
        let numbers = known.map { Float($0) }
        return ONNXConstant(extents: constant.extents) { numbers }
    }

    /// Numbers that integers are made of while a graph is read.
    private static let mostCastNumbers = 1 << 12

    /// The extents of an array, of which the first is open.
    private func shape(_ node: GraphNode) throws -> ONNXConstant {
        let extents: [Int?]
        switch value(node.input(0) ?? "") {
        case .constant(let constant): extents = constant.extents
        case .output(let output): extents = [nil] + output.extents
        case nil: throw node.unsupported("its operand is missing")
        }
        func limited(_ value: Int) -> Int { min(max(value < 0 ? value + extents.count : value, 0), extents.count) }
        let start = limited(try node.integer("start")), end = limited(try node.integer("end", default: extents.count))
        return ONNXConstant(integers: Array(extents[start..<max(start, end)]))
    }

    private func gathered(_ node: GraphNode, _ first: ONNXConstant, _ operands: [ONNXConstant]) throws -> ONNXConstant {
        guard operands.count == 2, let values = first.integers, first.extents.count == 1,
            let places = operands[1].integers
        else { throw node.unsupported("it picks constants") }
        let picked = try places.map { place -> Int? in
            guard let place, values.indices.contains(place < 0 ? place + values.count : place) else {
                throw node.unsupported("it picks what is not there")
            }
            return values[place < 0 ? place + values.count : place]
        }
        return ONNXConstant(integers: picked, extents: operands[1].extents)
    }

    private func joined(_ node: GraphNode, _ operands: [ONNXConstant]) throws -> ONNXConstant {
        guard operands.allSatisfy({ $0.extents.count == 1 }), operands.count <= 1 << 12 else {
            throw node.unsupported("it joins \(operands.count) constants")
        }
        // Those without elements would be asked for them over and over.
        let areIntegers = operands.allSatisfy { $0.integers != nil }
        let operands = operands.filter { $0.count > 0 }
        guard !operands.isEmpty else {
            return areIntegers ? ONNXConstant(integers: []) : ONNXConstant(extents: [0]) { [] }
        }
        let integers = operands.compactMap(\.integers)
        guard operands.reduce(0, { min($0 + $1.count, 1 << 40) }) <= 1 << 16 else {
            throw node.unsupported("it joins many constants")
        }
        if integers.count == operands.count { return ONNXConstant(integers: integers.flatMap { $0 }) }
        let depth = (operands.map(\.depth).max() ?? 0) + 1
        return ONNXConstant(extents: [operands.reduce(0) { $0 + $1.count }], depth: depth) {
            try operands.flatMap { try $0.floats() }
        }
    }

    /// Integers along one axis, from one place to before another.
    private func sliced(_ node: GraphNode, _ first: ONNXConstant) throws -> ONNXConstant {
        guard let values = first.integers, let starts = try integers(node, "starts", operand: 1),
            let ends = try integers(node, "ends", operand: 2), starts.count == 1, ends.count == 1,
            let step = try (integers(node, "steps", operand: 4) ?? [1]).first, (-65536...65536).contains(step),
            step != 0
        else { throw node.unsupported("it cuts constants") }
        let axis = try node.axis((integers(node, "axes", operand: 3) ?? [0]).first ?? 0, rank: first.extents.count)
        let extent = first.extents[axis]
        func limited(_ value: Int, _ least: Int, _ most: Int) -> Int {
            min(max(value < 0 ? value.addingReportingOverflow(extent).partialValue : value, least), most)
        }
        let isForward = step > 0
        let start = isForward ? limited(starts[0], 0, extent) : limited(starts[0], -1, extent - 1)
        // The least integer stands for before the first place.
        let end = isForward ? limited(ends[0], 0, extent) : ends[0] < -extent ? -1 : limited(ends[0], -1, extent - 1)
        let count = max(0, (end - start + step - step.signum()) / step)
        var extents = first.extents
        extents[axis] = count
        guard !values.isEmpty, count > 0 else { return ONNXConstant(integers: [], extents: extents) }
        let places = Array(stride(from: start, to: end, by: step))
        let inner = first.extents.dropFirst(axis + 1).reduce(1, *)
        let outer = first.extents.prefix(axis).reduce(1, *)
        var picked: [Int?] = []
        for block in 0..<outer {
            for place in places {
                let begin = (block * extent + place) * inner
                picked += values[begin..<(begin + inner)]
            }
        }
        return ONNXConstant(integers: picked, extents: extents)
    }

    /// A few times the same number.
    private func repeated(_ node: GraphNode, _ extents: ONNXConstant) throws -> ONNXConstant {
        let known = extents.integers?.compactMap { $0 } ?? []
        guard known.count == extents.count, known.allSatisfy((0...64).contains), known.count <= 2 else {
            throw node.unsupported("it makes constants of the shape \(known)")
        }
        let value = try node.tensor("value").map { try ONNXConstant($0, "", of: ExternalElements(path: graph.path)) }
        let count = known.reduce(1, *)
        if let integers = value?.integers, let integer = integers.first {
            return ONNXConstant(integers: Array(repeating: integer, count: count), extents: known)
        }
        let number = try value?.floats().first ?? 0
        return ONNXConstant(extents: known) { Array(repeating: number, count: count) }
    }

    private func order(_ node: GraphNode, _ constant: ONNXConstant) throws -> [Int] {
        let rank = constant.extents.count
        let order = try node.integers("perm") ?? Array((0..<rank).reversed())
        guard order.sorted() == Array(0..<rank) else { throw node.unsupported("it puts axes in the order \(order)") }
        return order
    }

    private func otherwiseShaped(_ node: GraphNode, _ constant: ONNXConstant) throws -> ONNXConstant {
        var extents = constant.extents
        let refusal = node.unsupported("it gives constants of the shape \(constant.extents) another one")
        switch node.type {
        case "Unsqueeze":
            let told = try integers(node, "axes", operand: 1) ?? []
            guard told.count + extents.count <= 8 else { throw refusal }
            for axis in try told.map({ try node.axis($0, rank: constant.extents.count + told.count) }).sorted() {
                guard axis <= extents.count else { throw refusal }
                extents.insert(1, at: axis)
            }
        case "Squeeze":
            let axes = try integers(node, "axes", operand: 1)?.map { try node.axis($0, rank: extents.count) }
            guard axes?.allSatisfy({ extents[$0] == 1 }) != false else { throw refusal }
            extents = extents.enumerated().filter {
                axes?.contains($0.offset) == false || axes == nil && $0.element != 1
            }
            .map(\.element)
        default:
            guard node.type == "Reshape", let told = try integers(node, "shape", operand: 1), constant.count > 0 else {
                throw refusal
            }
            let known = told.enumerated().map {
                $1 == 0 && constant.extents.indices.contains($0) ? constant.extents[$0] : $1
            }
            guard known.allSatisfy({ $0 == -1 || (1...constant.count).contains($0) }), known.count <= 8 else {
                throw refusal
            }
            let product = known.filter { $0 != -1 }.reduce(1) {
                min($0.multipliedReportingOverflow(by: $1).partialValue, 1 << 40)
            }
            guard product > 0, constant.count % product == 0 else { throw refusal }
            extents = known.map { $0 == -1 ? constant.count / product : $0 }
        }
        guard extents.reduce(1, { min($0.multipliedReportingOverflow(by: $1).partialValue, 1 << 40) }) == constant.count
        else { throw refusal }
        return constant.reshaped(extents)
    }

    /// Two constants, one of which is a number or has the other's shape.
    private func combined(
        _ node: GraphNode, _ operands: [ONNXConstant], _ combine: @escaping @Sendable (Float, Float) -> Float,
        _ combineIntegers: (Int, Int) -> (partialValue: Int, overflow: Bool)
    ) throws -> ONNXConstant {
        guard operands.count == 2 else { throw node.unsupported("it computes with \(operands.count) constants") }
        let (a, b) = (operands[0], operands[1])
        guard a.extents == b.extents || (a.count == 1 || b.count == 1) && a.count > 0 && b.count > 0 else {
            throw node.unsupported("it computes with constants of the shapes \(a.extents) and \(b.extents)")
        }
        let extents = a.count == 1 && (b.count > 1 || b.extents.count > a.extents.count) ? b.extents : a.extents
        let count = extents.reduce(1, *)
        guard let first = a.integers, let second = b.integers else {
            return ONNXConstant(extents: extents, depth: max(a.depth, b.depth) + 1) {
                let (first, second) = try (a.floats(), b.floats())
                return (0..<count).map { combine(first[first.count == 1 ? 0 : $0], second[second.count == 1 ? 0 : $0]) }
            }
        }
        let integers = try (0..<count).map { index -> Int? in
            let pair = (first[first.count == 1 ? 0 : index], second[second.count == 1 ? 0 : index])
            guard let one = pair.0, let other = pair.1 else {
                throw node.unsupported("it computes with the number of samples")
            }
            let result = combineIntegers(one, other)
            guard !result.overflow else { throw node.unsupported("it computes with integers out of range") }
            return result.partialValue
        }
        return ONNXConstant(integers: integers, extents: extents)
    }

    private func changed(
        _ node: GraphNode, _ constant: ONNXConstant, _ change: @escaping @Sendable (Float) -> Float
    ) throws -> ONNXConstant {
        guard constant.integers == nil else { throw node.unsupported("it computes with integers") }
        return ONNXConstant(extents: constant.extents, depth: constant.depth + 1) { try constant.floats().map(change) }
    }
}
