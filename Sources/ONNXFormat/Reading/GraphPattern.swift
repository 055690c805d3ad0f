/// Operators that stand together for one layer, from the last one backwards.
indirect enum GraphPattern: Sendable {
    /// What feeds the layer: the same value, wherever it stands.
    case input
    /// A value of this name in the match; the same wherever it stands.
    case value(String)
    /// A constant that is about this number.
    case number(Float)
    /// A constant that is some number, of this name in the match.
    case anyNumber(String)
    /// A constant of several numbers, or one, of this name in the match.
    case constant(String)
    /// An operator with these operands, of this name in the match.
    case node(String, [GraphPattern], as: String? = nil)
    /// One of several.
    case either([GraphPattern])

    static func add(_ a: GraphPattern, _ b: GraphPattern) -> GraphPattern { .node("Add", [a, b]) }
    static func multiply(_ a: GraphPattern, _ b: GraphPattern) -> GraphPattern { .node("Mul", [a, b]) }
    static func times(_ a: GraphPattern, _ number: Float) -> GraphPattern {
        .either([.node("Mul", [a, .number(number)]), .node("Div", [a, .number(1 / number)])])
    }
}

/// What a pattern has been found to be.
struct GraphMatch: Sendable {
    fileprivate(set) var values: [String: String] = [:]
    fileprivate(set) var numbers: [String: Float] = [:]
    fileprivate(set) var nodes: [String: GraphNode] = [:]
    /// Nodes that the last one makes superfluous.
    fileprivate(set) var inner: [Int] = []

    /// What feeds the layer.
    var input: String { values["x"] ?? "" }
}

extension CheckedGraph {
    /// What the pattern is, if the node is its last one.
    func match(_ pattern: GraphPattern, at node: Int) -> GraphMatch? {
        guard case .node(_, let operands, let name) = pattern else { preconditionFailure("a pattern ends with a node") }
        var match = GraphMatch()
        if let name { match.nodes[name] = nodes[node] }
        return self.match(operands, nodes[node].proto.input, isCommutative(nodes[node]), match)
    }

    private func isCommutative(_ node: GraphNode) -> Bool {
        ["Add", "Mul", "Max", "Min"].contains(node.type) && node.proto.input.count == 2
    }

    private func match(
        _ patterns: [GraphPattern], _ values: [String], _ isCommutative: Bool, _ match: GraphMatch
    ) -> GraphMatch? {
        guard patterns.count == values.count else { return nil }
        func ordered(_ values: [String]) -> GraphMatch? {
            var found = match
            for (pattern, value) in zip(patterns, values) {
                guard let next = self.match(pattern, value, found) else { return nil }
                found = next
            }
            return found
        }
        return ordered(values) ?? (isCommutative ? ordered(values.reversed()) : nil)
    }

    private func match(_ pattern: GraphPattern, _ value: String, _ match: GraphMatch) -> GraphMatch? {
        var found = match
        switch pattern {
        case .input: return self.match(.value("x"), value, match)
        case .value(let name):
            guard found.values.updateValue(value, forKey: name) ?? value == value else { return nil }
            return found
        case .number(let number):
            // Halves and whole numbers are what they are; others were rounded.
            let isRounded = number * 2 != (number * 2).rounded()
            guard let constant = self.number(value),
                isRounded ? abs(constant - number) <= abs(number) / 1024 : constant == number
            else { return nil }
            return found
        case .anyNumber(let name):
            guard let constant = self.number(value) else { return nil }
            guard found.numbers.updateValue(constant, forKey: name) ?? constant == constant else { return nil }
            return found
        case .constant(let name):
            guard constant(value) != nil else { return nil }
            found.values[name] = value
            return found
        case .either(let patterns):
            for pattern in patterns {
                if let found = self.match(pattern, value, match) { return found }
            }
            return nil
        case .node(let type, let operands, let name):
            guard let giver = givers[value], giver.output == 0, nodes[giver.node].type == type else { return nil }
            let node = nodes[giver.node]
            guard var found = self.match(operands, node.proto.input, isCommutative(node), match) else { return nil }
            if let name {
                if let other = found.nodes[name], !isAlike(node, other) { return nil }
                found.nodes[name] = node
            }
            found.inner.append(giver.node)
            return found
        }
    }

    /// Whether two nodes of one name in a pattern are the same, or work along the same axes.
    private func isAlike(_ node: GraphNode, _ other: GraphNode) -> Bool {
        func axes(_ node: GraphNode) -> [Int?]? {
            if let told = try? node.integers("axes") { return told }
            return node.input(1).flatMap { constant($0)?.integers }
        }
        func keepsDimensions(_ node: GraphNode) -> Int? { try? node.integer("keepdims", default: 1) }
        if node.proto.input == other.proto.input, node.proto.attribute == other.proto.attribute { return true }
        guard let told = axes(node) else { return false }
        return told == axes(other) && keepsDimensions(node) == keepsDimensions(other)
    }

    /// A constant, also behind operators that leave it as it is.
    private func constant(_ value: String) -> ONNXConstant? {
        var value = value
        for _ in 0..<4 {
            if let constant = constants[value] { return constant }
            guard let giver = givers[value], ["Identity", "Cast", "CastLike"].contains(nodes[giver.node].type),
                let input = nodes[giver.node].input(0)
            else { return nil }
            value = input
        }
        return nil
    }

    private func number(_ value: String) -> Float? { constant(value).flatMap { try? $0.number() } }
}
