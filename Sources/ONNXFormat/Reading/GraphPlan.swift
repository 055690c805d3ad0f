/// What of a graph is to be computed, in which order: nodes, and groups of them that one layer stands for.
struct GraphPlan: Sendable {
    /// A node, with what the group is whose last one it is.
    struct Step: Sendable {
        let node: Int
        let group: (pattern: LayerPattern, match: GraphMatch)?
    }

    let steps: [Step]

    /// Only what the output needs: nodes that a group makes superfluous, and those that nobody uses, are left out.
    init(_ graph: CheckedGraph) {
        var needed: Set<String> = [graph.output]
        var steps: [Step] = []
        for index in graph.nodes.indices.reversed() {
            let node = graph.nodes[index]
            guard node.proto.output.contains(where: needed.contains) else { continue }
            let group = Self.group(graph, index)
            needed.formUnion(group.map { Array($0.match.values.values) } ?? node.proto.input)
            steps.append(Step(node: index, group: group))
        }
        self.steps = steps.reversed()
    }

    private static func group(
        _ graph: CheckedGraph, _ index: Int
    ) -> (pattern: LayerPattern, match: GraphMatch)? {
        for pattern in LayerPattern.byType[graph.nodes[index].type] ?? [] {
            guard let match = graph.match(pattern.pattern, at: index), pattern.fits(match) else { continue }
            let isAlone = match.inner.allSatisfy {
                graph.nodes[$0].proto.output.allSatisfy { graph.uses[$0] ?? 0 <= 1 }
            }
            if isAlone || !pattern.isExclusive { return (pattern, match) }
        }
        return nil
    }
}
