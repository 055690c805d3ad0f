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

    /// Groups of 1 to 9 stamps, scattered over the numbers.
    private let groups = (0..<500).map { ($0 * 7919 % 500) * ($0 * 7919 % 500) / 2500 }

    @Test(arguments: [nil, Fold(number: 2, of: 3)], [0, 1, 2] as [UInt64])
    func noGroupIsInTwoParts(fold: Fold?, seed: UInt64) {
        let stamps = Array(stride(from: 0, to: 500, by: 2))
        let split = DataSplit(stamps, fractions: .standard, seed: seed, groups: groups, fold: fold)
        let parts = [split.training, split.validation, split.test]
        #expect(parts.flatMap { $0 }.sorted() == stamps)
        let inParts = parts.map { Set($0.map { groups[$0] }) }
        #expect(inParts[0].isDisjoint(with: inParts[1]) && inParts[0].isDisjoint(with: inParts[2]))
        #expect(inParts[1].isDisjoint(with: inParts[2]))
        // Each end moved by half of the largest group at most.
        let largest = Set(groups).map { group in stamps.count { groups[$0] == group } }.max()!
        let expected = fold == nil ? [175, 25, 50] : [146, 21, 83]
        #expect(zip(parts, expected).allSatisfy { abs($0.count - $1) <= largest })
    }

    @Test func groupsOfOneAreSplitLikeStamps() {
        let split = DataSplit(Array(0..<100), fractions: .standard, seed: 3, groups: Array(0..<100))
        #expect([split.training.count, split.validation.count, split.test.count] == [70, 10, 20])
        let alone = DataSplit(Array(0..<100), fractions: .standard, seed: 3)
        #expect(split.training == alone.training && split.test == alone.test)
    }

    @Test(arguments: [2, 3, 7], [false, true]) func foldsTestEachStampOnce(count: Int, isGrouped: Bool) {
        let stamps = Array(0..<200)
        let splits = (1...count).map {
            DataSplit(
                stamps, fractions: .standard, seed: 8, groups: isGrouped ? groups : nil,
                fold: Fold(number: $0, of: count))
        }
        #expect(splits.flatMap(\.test).sorted() == stamps)
        for split in splits {
            #expect((split.training + split.validation + split.test).sorted() == stamps)
            if !isGrouped {
                #expect(abs(split.test.count - 200 / count) <= 1)
                // Of the rest, an eighth, as 0.1 is of 0.8.
                #expect(abs(split.validation.count * 8 - (200 - split.test.count)) <= 8)
            }
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

/// Splits in which more than chance decides.
@Suite struct SettledSplitTests {
    /// A fifth of the stamps of class 1, and a few of class 2.
    private let classes = (0..<200).map { $0 % 5 == 0 ? 1 : $0 % 41 == 1 ? 2 : 0 }

    private func parts(_ split: DataSplit) -> [[Int]] { [split.training, split.validation, split.test] }

    @Test(arguments: [nil, Fold(number: 2, of: 4)], [0, 1, 2] as [UInt64])
    func eachPartHasItsShareOfEachClass(fold: Fold?, seed: UInt64) {
        let stamps = Array(0..<200)
        let split = DataSplit(
            stamps, fractions: .standard, seed: seed, fold: fold, stratifiedBy: { classes[$0] })
        let plain = DataSplit(stamps, fractions: .standard, seed: seed, fold: fold)
        #expect(parts(split).flatMap { $0 }.sorted() == stamps)
        #expect(parts(split).map(\.count) == parts(plain).map(\.count))
        for label in 0..<3 {
            let share = Double(stamps.count { classes[$0] == label }) / 200
            for part in parts(split) {
                let count = Double(part.count { classes[$0] == label })
                // A part of a fold's rest has two pieces, each off by less than one stamp at either end.
                #expect(abs(count - share * Double(part.count)) <= 2)
            }
        }
        let other = DataSplit(stamps, fractions: .standard, seed: seed + 9, stratifiedBy: { classes[$0] })
        #expect(other.test != split.test)
    }

    /// What a random split of ten and ten stamps does not promise.
    @Test func aTinyTestSetHasBothClasses() {
        for seed in 0..<50 as Range<UInt64> {
            let split = DataSplit(
                Array(0..<20), fractions: .standard, seed: seed, stratifiedBy: { $0 < 10 ? 0 : 1 })
            #expect(split.test.count { $0 < 10 } == 2 && split.validation.count { $0 < 10 } == 1)
        }
    }

    @Test func settledStampsStayInTheirPart() throws {
        // 0 to 99 are cut, 100 to 119 validate.
        let own = DataSplit(
            Array(0..<120), fractions: .standard, seed: 3, settled: { $0 >= 100 ? .validation : nil },
            separate: [.validation])
        #expect(own.validation == Array(100..<120))
        // 0.7 and 0.2 in their ratio: ⌊100 · 7/9⌋ and the rest.
        #expect(own.training.count == 77 && own.test.count == 23)
        #expect((own.training + own.test).sorted() == Array(0..<100))
        let all = DataSplit(
            Array(0..<120), fractions: .standard, seed: 3,
            settled: { $0 >= 110 ? .test : $0 >= 100 ? .validation : nil }, separate: [.validation, .test])
        #expect(all.training.sorted() == Array(0..<100) && all.validation == Array(100..<110))
        #expect(all.test == Array(110..<120))
        // One part is asked for, and none of its stamps can be used.
        let none = DataSplit(
            Array(0..<10), fractions: try SplitFractions(0.5, 0.5, 0), seed: 3, separate: [.validation])
        #expect(none.training.count == 10 && none.validation.isEmpty && none.test.isEmpty)
    }
}
