import Communication
import TestSupport
import Testing

@Suite struct CanonicalTreeTests {
    /// Every count of leaves, shared by ranks and again by two lanes of each rank.
    @Test(arguments: 1...70)
    func everyCutIntoRunsGivesTheBitsOfTheDefinition(count: Int) {
        let tree = CanonicalTree(count: count)
        let leaves = unevenFloats(count, seed: UInt64(count))
        let expected = canonicalSum(leaves)
        for parts in 1...9 {
            var nodes: [CanonicalTree.Node] = []
            var values: [Float] = []
            for run in (0..<count).balancedRuns(over: parts).flatMap({ $0.balancedRuns(over: 2) }) {
                var stack = TreeStack(tree: tree, run: run)
                values += stackedSums(leaves, stack: &stack)
                nodes += stack.nodes
            }
            let combination = tree.combination(of: nodes)
            for addition in combination.additions { values[addition.into] += values[addition.from] }
            #expect(combination.nodes == [tree.root])
            #expect(values[combination.positions[0]].bitPattern == expected.bitPattern, "\(parts) runs")
        }
    }

    @Test func arbitraryCutsGiveTheBitsOfTheDefinition() {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<500 {
            let count = Int.random(in: 1...200, using: &generator)
            let tree = CanonicalTree(count: count)
            let leaves = unevenFloats(count, seed: generator.next())
            let cuts = (0..<6).map { _ in Int.random(in: 0...count, using: &generator) }.sorted()
            var nodes: [CanonicalTree.Node] = []
            var values: [Float] = []
            for (lower, upper) in zip([0] + cuts, cuts + [count]) {
                var stack = TreeStack(tree: tree, run: lower..<upper)
                values += stackedSums(leaves, stack: &stack)
                nodes += stack.nodes
            }
            let combination = tree.combination(of: nodes)
            for addition in combination.additions { values[addition.into] += values[addition.from] }
            #expect(values[combination.positions[0]].bitPattern == canonicalSum(leaves).bitPattern)
        }
    }

    /// The tests above could not fail if these numbers gave the same bits in any order.
    @Test func addingOneAfterTheOtherGivesOtherBits() {
        let differing = (3...70).filter { count in
            let leaves = unevenFloats(count, seed: UInt64(count))
            return leaves.reduce(0, +).bitPattern != canonicalSum(leaves).bitPattern
        }
        #expect(differing.count > 40)
    }

    /// A rank's lanes combine into the rank's own whole subtrees, whatever the lanes are.
    @Test(arguments: 1...40)
    func lanesCombineIntoTheWholeSubtreesOfTheirRank(count: Int) {
        let tree = CanonicalTree(count: count)
        for ranks in 1...5 {
            for run in (0..<count).balancedRuns(over: ranks) {
                for lanes in 1...4 {
                    let parts = run.balancedRuns(over: lanes).flatMap { tree.wholeSubtrees(of: $0) }
                    let combination = tree.combination(of: parts)
                    #expect(combination.nodes == tree.wholeSubtrees(of: run))
                    #expect(combination.additions.count == parts.count - combination.nodes.count)
                }
            }
        }
    }

    @Test func wholeSubtreesAreFewAdjacentAndMaximal() {
        let tree = CanonicalTree(count: 13)
        #expect(tree.root == CanonicalTree.Node(level: 4, index: 0))
        #expect(tree.wholeSubtrees(of: 0..<13) == [tree.root])
        #expect(tree.wholeSubtrees(of: 4..<4) == [])
        #expect(tree.wholeSubtrees(of: 3..<11).map(tree.leaves) == [3..<4, 4..<8, 8..<10, 10..<11])
        // Leaf 12 alone is the truncated subtree over 12..<16: whole, and named by its highest level.
        #expect(tree.wholeSubtrees(of: 12..<13) == [CanonicalTree.Node(level: 2, index: 3)])
        for count in 1...70 {
            let tree = CanonicalTree(count: count)
            for lower in 0..<count {
                for upper in lower...count {
                    let nodes = tree.wholeSubtrees(of: lower..<upper)
                    #expect(nodes.flatMap { Array(tree.leaves(of: $0)) } == Array(lower..<upper))
                    #expect(nodes.count <= max(1, 2 * tree.root.level))
                }
            }
        }
    }

    @Test func aTreeOfOneLeafIsItsRoot() {
        let tree = CanonicalTree(count: 1)
        #expect(tree.root == CanonicalTree.Node(level: 0, index: 0))
        #expect(tree.wholeSubtrees(of: 0..<1) == [tree.root])
        #expect(tree.combination(of: [tree.root]).additions.isEmpty)
    }
}

@Suite struct TreeStackTests {
    @Test func aStackHoldsTheWholeSubtreesOfItsRunInFewSlots() {
        for count in 1...70 {
            let tree = CanonicalTree(count: count)
            let leaves = unevenFloats(count, seed: 7)
            for lower in 0..<count {
                for upper in lower...count {
                    var stack = TreeStack(tree: tree, run: lower..<upper)
                    let first = stackedSums(leaves, stack: &stack)
                    #expect(stack.nodes == tree.wholeSubtrees(of: lower..<upper))
                    // A run holds at most ⌈log₂ n⌉ subtrees that grow and as many that shrink, and a new leaf.
                    var bits = 0
                    while 1 << bits < upper - lower { bits += 1 }
                    #expect(stack.slotCount <= 2 * bits + 1)
                    stack.reset()
                    #expect(stackedSums(leaves, stack: &stack) == first)
                }
            }
        }
    }

    @Test(arguments: [(1, 1), (2, 2), (8, 4), (64, 7), (1200, 11)])
    func aWholeTreeNeedsOneSlotALevelAndOneMore(count: Int, slots: Int) {
        let tree = CanonicalTree(count: count)
        #expect(TreeStack(tree: tree, run: 0..<count).slotCount == slots)
    }
}

@Suite struct BalancedRunsTests {
    @Test func runsAreAdjacentAndDifferByOneUnitAtMost() {
        for count in 0...40 {
            for parts in 1...9 {
                let runs = (5..<(5 + count)).balancedRuns(over: parts)
                #expect(runs.count == parts)
                #expect(runs.flatMap(Array.init) == Array(5..<(5 + count)))
                #expect(runs.first!.count - runs.last!.count <= 1)
                #expect(runs.map(\.count) == runs.map(\.count).sorted(by: >), "empty runs stand at the end")
            }
        }
    }

    @Test func boundariesAreMultiplesOfTheUnit() {
        #expect((0..<100).balancedRuns(over: 3, multipleOf: 16) == [0..<48, 48..<80, 80..<100])
        #expect((0..<10).balancedRuns(over: 3, multipleOf: 16) == [0..<10, 10..<10, 10..<10])
        #expect((32..<100).balancedRuns(over: 2, multipleOf: 16) == [32..<80, 80..<100])
        #expect((0..<25_458).balancedRuns(over: 4, multipleOf: 16).map(\.count) == [6368, 6368, 6368, 6354])
    }
}
