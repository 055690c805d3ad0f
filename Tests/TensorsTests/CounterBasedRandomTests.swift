import CKernels
import Tensors
import Testing

struct CounterBasedRandomTests {
    /// The known answers of Random123's kat_vectors for philox4x32-10.
    @Test(
        arguments: [
            ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            (
                [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [0xffff_ffff, 0xffff_ffff],
                [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
            ),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
            ),
        ] as [([UInt32], [UInt32], [UInt32])])
    func philoxGivesTheKnownAnswers(counter: [UInt32], key: [UInt32], expected: [UInt32]) {
        var out = [UInt32](repeating: 0, count: 4)
        philox4x32_10(counter, key, &out)
        #expect(out == expected)
    }

    @Test func blockPlacesItsArgumentsInTheCounterAsDocumented() {
        let random = CounterBasedRandom(seed: 0x0123_4567_89ab_cdef)
        let block = random.block(.dropout, detail: 7, step: 11, sample: 13, block: 17)
        var expected = [UInt32](repeating: 0, count: 4)
        philox4x32_10([17, 13, 11, 5 << 16 + 7], [0x89ab_cdef, 0x0123_4567], &expected)
        #expect((0..<4).map { block[$0] } == expected)
    }

    @Test func streamRunsThroughTheBlocksInOrder() {
        let random = CounterBasedRandom(seed: 3)
        var stream = random.stream(.shuffle, detail: 1, step: 2, sample: 3)
        let words = (0..<12).map { _ in stream.nextWord() }
        let blocks = (0..<3).flatMap { number in
            let block = random.block(.shuffle, detail: 1, step: 2, sample: 3, block: number)
            return (0..<4).map { block[$0] }
        }
        #expect(words == blocks)
    }

    @Test func everyArgumentMakesAnotherStream() {
        func first(_ seed: UInt64, _ purpose: RandomPurpose, _ detail: Int, _ step: Int, _ sample: Int) -> UInt64 {
            var stream = CounterBasedRandom(seed: seed).stream(purpose, detail: detail, step: step, sample: sample)
            return stream.next()
        }
        let starts: Set = [
            first(1, .split, 0, 0, 0), first(2, .split, 0, 0, 0), first(1 << 32 + 1, .split, 0, 0, 0),
            first(1, .strata, 0, 0, 0), first(1, .split, 1, 0, 0), first(1, .split, 0, 1, 0), first(1, .split, 0, 0, 1),
        ]
        #expect(starts.count == 7)
    }

    @Test func uniformNumbersLieInTheHalfOpenUnitInterval() {
        var stream = CounterBasedRandom(seed: 5).stream(.split)
        var sum = 0.0
        for _ in 0..<10_000 {
            let double = stream.uniform(), float = stream.uniformFloat()
            #expect(double >= 0 && double < 1 && float >= 0 && float < 1)
            sum += double
        }
        // The mean of 10,000 has a standard deviation of 0.0029: five of them.
        #expect(abs(sum / 10_000 - 0.5) < 0.0145)
    }

    /// χ² of the counts; with k − 1 degrees of freedom it exceeds k − 1 + 6 √(2 (k − 1)) once in many millions.
    @Test(arguments: [1, 2, 3, 7, 10, 100])
    func indexBelowIsUniform(bound: Int) {
        var stream = CounterBasedRandom(seed: 11).stream(.split, detail: bound)
        let draws = 20_000
        var counts = [Int](repeating: 0, count: bound)
        for _ in 0..<draws { counts[stream.index(below: bound)] += 1 }
        let expected = Double(draws) / Double(bound)
        let chiSquare = counts.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        let freedom = Double(bound - 1)
        #expect(chiSquare <= freedom + 6 * (2 * freedom).squareRoot())
    }

    @Test func indexBelowReachesHugeBounds() {
        var stream = CounterBasedRandom(seed: 12).stream(.split)
        let draws = (0..<100).map { _ in stream.index(below: Int.max) }
        #expect(draws.allSatisfy { $0 >= 0 && $0 < Int.max })
        #expect(draws.contains { $0 > Int.max / 2 } && draws.contains { $0 < Int.max / 2 })
    }

    @Test(arguments: [0, 1, 2, 5, 1000])
    func shuffleIsAPermutation(count: Int) {
        var stream = CounterBasedRandom(seed: 13).stream(.shuffle)
        var values = Array(0..<count)
        stream.shuffle(&values)
        #expect(values.sorted() == Array(0..<count))
        if count == 1000 { #expect(values != Array(0..<count)) }
    }

    /// All six orders of three, 2,000 expected of each with a standard deviation of 41: five of them.
    @Test func shuffleGivesEveryOrderEquallyOften() {
        var stream = CounterBasedRandom(seed: 14).stream(.shuffle)
        var counts: [[Int]: Int] = [:]
        for _ in 0..<12_000 {
            var values = [0, 1, 2]
            stream.shuffle(&values)
            counts[values, default: 0] += 1
        }
        #expect(counts.count == 6)
        #expect(counts.values.allSatisfy { abs($0 - 2000) < 205 })
    }
}
