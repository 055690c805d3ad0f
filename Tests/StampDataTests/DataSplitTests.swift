import Faults
import StampData
import Testing

@Suite struct DataSplitTests {
    /// astroML's `split_samples` on the notebook's 109,523 stamps.
    @Test func notebooksSplitHasTheNotebooksSizes() throws {
        let split = DataSplit(Array(0..<109_523), fractions: try SplitFractions(0.7, 0.1, 0.2), seed: 0)
        #expect(split.training.count == 76_666)
        #expect(split.validation.count == 10_952)
        #expect(split.test.count == 21_905)
        #expect((split.training + split.validation + split.test).sorted() == Array(0..<109_523))
    }

    static let shares: [(Double, Double, Double)] = [
        (0.7, 0.1, 0.2), (0.7, 0.2, 0.1), (1, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0.6, 0.3, 0.1),
        (0.333333, 0.333333, 0.333333), (0.33, 0.33, 0.34), (1.0 / 3, 1.0 / 3, 1.0 / 3),
    ]

    @Test(arguments: shares)
    func partsAreDisjointAndComplete(training: Double, validation: Double, test: Double) throws {
        let fractions = try SplitFractions(training, validation, test)
        for count in [1, 2, 3, 9, 10, 99, 1000] {
            // Stamps that were left out leave gaps between the numbers.
            let stamps = (0..<count).map { 3 * $0 + 1 }
            let split = DataSplit(stamps, fractions: fractions, seed: 4)
            #expect((split.training + split.validation + split.test).sorted() == stamps)
            #expect(validation > 0 || split.validation.isEmpty)
            #expect(test > 0 || split.test.isEmpty)
        }
    }

    /// 0.7 + 0.2 is a little less than 0.9 in binary, and 0.7·10 might be a little less than 7.
    @Test(arguments: [(0.7, 0.2, 0.1, [7, 2, 1]), (0.6, 0.3, 0.1, [6, 3, 1]), (0.8, 0.1, 0.1, [8, 1, 1])])
    func wholeSharesAreNotRoundedAway(_ training: Double, _ validation: Double, _ test: Double, tenths: [Int]) throws {
        let fractions = try SplitFractions(training, validation, test)
        for hundreds in [1, 10, 100, 1000, 10_000] {
            let split = DataSplit(Array(0..<10 * hundreds), fractions: fractions, seed: 0)
            let sizes = [split.training, split.validation, split.test].map(\.count)
            #expect(sizes == tenths.map { $0 * hundreds })
        }
    }

    @Test func splitIsRandomAndPureInTheSeed() throws {
        let fractions = try SplitFractions(0.7, 0.1, 0.2)
        func split(_ seed: UInt64) -> DataSplit { DataSplit(Array(0..<1000), fractions: fractions, seed: seed) }
        #expect(split(1).training == split(1).training && split(1).test == split(1).test)
        #expect(Set(split(1).training) != Set(split(2).training))
        // Not the first 700: of those, 490 ± 4·7.7 are expected.
        #expect(abs(split(1).training.count { $0 < 700 } - 490) < 31)
    }

    static let senselessShares: [(Double, Double, Double)] = [
        (0, 0.5, 0.5), (-0.1, 0.6, 0.5), (0.7, -0.1, 0.4), (0.7, 0.4, -0.1), (.nan, 0, 1), (.infinity, 0, 0),
        (0.5, 0.1, 0.1), (0.7, 0.2, 0.2), (0.7, 0.1, 0.199), (0.333, 0.333, 0.333), (70, 10, 20), (7, 1, 2), (1, 1, 1),
    ]

    @Test(arguments: senselessShares)
    func sharesThatMakeNoSenseAreRefused(training: Double, validation: Double, test: Double) {
        #expect {
            try SplitFractions(training, validation, test)
        } throws: { error in
            (error as? Fault)?.kind == .usage && "\(error)".contains("--split")
        }
    }
}
