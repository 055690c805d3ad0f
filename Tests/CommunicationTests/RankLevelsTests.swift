import Testing

@testable import Communication

@Suite struct RankLevelsTests {
    @Test(
        arguments: [
            (1, 1, []), (2, 1, [2]), (16, 16, [16]), (16, 4, [4, 4]), (64, 1, [8, 8]), (64, 32, [4, 8, 2]),
            (4096, 64, [8, 8, 8, 8]), (31, 1, [31]), (62, 31, [31, 2]), (6, 4, [6]),
        ] as [(Int, Int, [Int])])
    func levelsAreThoseOfANodeThenThoseAmongNodes(ranks: Int, ranksPerNode: Int, sizes: [Int]) {
        #expect(RankLevels.sizes(ranks: ranks, ranksPerNode: ranksPerNode) == sizes)
    }

    @Test(
        arguments: [
            (["a"], 1), (["a", "a", "a"], 3), (["a", "a", "b", "b"], 2), (["a", "b", "a", "b"], 1),
            (["a", "a", "b"], 1), (["a", "b", "b"], 1), (["a", "a", "b", "c"], 1),
        ] as [([String], Int)])
    func aNodeIsTheNeighboursOnOneHostWhereAllHaveAsMany(hosts: [String], count: Int) {
        #expect(RankLevels.ranksPerNode(hosts) == count)
    }
}
