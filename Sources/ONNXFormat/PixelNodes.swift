import LayerCatalog
import Preparation

/// A normalisation as nodes of an ONNX graph, in double precision but for asinh, which is computed in single precision
/// as the program does; each subexpression once.
struct PixelNodes {
    private static let scope = "normalize"
    /// ONNX' numbers for types of elements.
    private static let (float, double) = (1, 11)

    private(set) var graph: GraphBuilder
    /// The pixels, of shape (N, parts, pixels): what is normalised together lies along the last axis.
    private let pixels: String
    /// How many are normalised together.
    private let count: Int
    private var names: [PixelExpression: String] = [:]
    private var sorted: String?

    /// Adds nodes that normalise an input, and gives the graph with them and the name of the normalised input, which has
    /// the shape of the input.
    static func normalized(
        _ input: ONNXInput, by expression: PixelExpression, over scope: NormalizationScope, in graph: GraphBuilder
    ) -> (graph: GraphBuilder, name: String) {
        let (channels, pixels) = (input.shape.channels, input.shape.rows)
        let isByChannel = scope == .channel && channels > 1
        let isMoved = isByChannel && !input.isChannelsFirst
        var graph = graph
        var name = input.name
        if isMoved { name = graph.append("Transpose", [name], [.integers("perm", [0, 3, 1, 2])], in: Self.scope) }
        // 0: as many samples as there are.
        let parts = graph.constant(
            "\(Self.scope)/parts", integers: isByChannel ? [0, channels, pixels] : [0, 1, channels * pixels])
        name = graph.append("Reshape", [name, parts], in: Self.scope)
        name = graph.append("Cast", [name], [.integer("to", Self.double)], in: Self.scope)
        var nodes = PixelNodes(graph: graph, pixels: name, count: isByChannel ? pixels : channels * pixels)
        name = nodes.name(of: expression)
        graph = nodes.graph
        name = graph.append("Cast", [name], [.integer("to", Self.float)], in: Self.scope)
        let extents = isMoved ? [channels] + input.shape.extents.dropLast() : input.extents
        let shape = graph.constant("\(Self.scope)/shape", integers: [0] + extents)
        name = graph.append("Reshape", [name, shape], in: Self.scope)
        if isMoved { name = graph.append("Transpose", [name], [.integers("perm", [0, 2, 3, 1])], in: Self.scope) }
        return (graph, name)
    }

    private init(graph: GraphBuilder, pixels: String, count: Int) {
        (self.graph, self.pixels, self.count) = (graph, pixels, count)
    }

    private mutating func name(of expression: PixelExpression) -> String {
        if let name = names[expression] { return name }
        let name = added(expression)
        names[expression] = name
        return name
    }

    private mutating func added(_ expression: PixelExpression) -> String {
        switch expression {
        case .pixels: return pixels
        case .number(let value): return number(value)
        case .percentile(let percentile): return interpolated(percentile / 100)
        case .minimum(let operand): return reduced("ReduceMin", operand)
        case .maximum(let operand): return reduced("ReduceMax", operand)
        case .mean(let operand): return reduced("ReduceMean", operand)
        case .sum(let operand):
            // Of these only the sum has its axes as an operand in version 17.
            let axes = graph.constant("\(Self.scope)/axes", integers: [2])
            return append("ReduceSum", [name(of: operand), axes])
        case .difference(let first, let second): return append("Sub", [name(of: first), name(of: second)])
        case .product(let first, let second): return append("Mul", [name(of: first), name(of: second)])
        case .quotient(let first, let second): return append("Div", [name(of: first), name(of: second)])
        case .larger(let first, let second): return append("Max", [name(of: first), name(of: second)])
        case .absolute(let operand): return append("Abs", [name(of: operand)])
        case .squareRoot(let operand): return append("Sqrt", [name(of: operand)])
        case .arcsinh(let operand):
            let single = append("Cast", [name(of: operand)], [.integer("to", Self.float)])
            return append("Cast", [append("Asinh", [single])], [.integer("to", Self.double)])
        case .clipped(let operand, let least, let largest):
            return append("Clip", [name(of: operand), number(least), number(largest)])
        case .positive(let value, let other):
            let isPositive = append("Greater", [name(of: value), number(0)])
            return append("Where", [isPositive, name(of: value), name(of: other)])
        case .standardized(let means, let deviations):
            let constants = [("means", means), ("deviations", deviations)].map {
                graph.constant("\(Self.scope)/\($0)", shape: [$1.count, 1], doubles: $1)
            }
            return append("Div", [append("Sub", [pixels, constants[0]]), constants[1]])
        }
    }

    /// The value at a place between the sorted pixels, from 0 for the least to 1 for the largest.
    private mutating func interpolated(_ place: Double) -> String {
        let index = place * Double(count - 1)
        let below = min(max(0, count - 2), Int(index))
        let weight = index - Double(below)
        let low = gathered(below)
        guard weight > 0 else { return low }
        let range = append("Sub", [gathered(below + 1), low])
        return append("Add", [low, append("Mul", [range, number(weight)])])
    }

    private mutating func gathered(_ index: Int) -> String {
        let sorted = sorted ?? graph.sorted(pixels, count: count, in: Self.scope)
        self.sorted = sorted
        let place = graph.constant("\(Self.scope)/place", integers: [index])
        return append("Gather", [sorted, place], [.integer("axis", 2)])
    }

    private mutating func reduced(_ type: String, _ operand: PixelExpression) -> String {
        append(type, [name(of: operand)], [.integers("axes", [2])])
    }

    private mutating func number(_ value: Double) -> String {
        let expression = PixelExpression.number(value)
        if let name = names[expression] { return name }
        let name = graph.constant("\(Self.scope)/number", shape: [], doubles: [value])
        names[expression] = name
        return name
    }

    private mutating func append(_ type: String, _ inputs: [String], _ attributes: [ONNXAttribute] = []) -> String {
        graph.append(type, inputs, attributes, in: Self.scope)
    }
}
