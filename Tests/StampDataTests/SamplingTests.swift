import Faults
import StampData
import StampFormats
import TestSupport
import Testing

@Suite struct SamplingTests {
    /// Stamps of one pixel of three classes, of which the first is rare and the last common.
    private func collection(_ folder: TemporaryFolder, counts: [Int]) throws -> StampCollection {
        let classes = try counts.enumerated().map { label, count in
            let path = folder.path("\(label).npy")
            try NpyFile.write(floats: (0..<count).map { Float($0) }, shape: [count, 1, 1], to: path)
            return LabelledFiles.ClassFiles(name: "c\(label)", files: [path])
        }
        return try StampCollection(LabelledFiles(classes: classes))
    }

    private func strata(_ stamps: StampCollection, _ shares: [Double], seed: UInt64 = 4) throws -> Strata {
        let plan = BatchPlan(samples: stamps.count, batchSize: 40, microbatch: 10)
        return try Strata(of: Array(0..<stamps.count), plan: plan, seed: seed, shares: shares, classes: stamps)
    }

    @Test(arguments: [[1 / 3.0, 1 / 3.0, 1 / 3.0], [0.5, 0, 0.5], [0.05, 0.9, 0.05]])
    func classesGetTheirSharesOfTheDraws(_ shares: [Double]) throws {
        let folder = try TemporaryFolder()
        let stamps = try collection(folder, counts: [9, 61, 333])
        let strata = try strata(stamps, shares)
        let plan = strata.plan
        #expect(strata.lists.flatMap { $0 }.sorted() == Array(0..<stamps.count))
        #expect(strata.lists.enumerated().allSatisfy { $1.count == plan.stratumSamples(position: $0) })
        var drawn = [0, 0, 0]
        let epochs = 50
        for position in 0..<plan.microbatches {
            let list = strata.lists[position]
            let perStratum = (0..<3).map { label in list.count { stamps.label($0) == label } }
            // Each class is spread evenly.
            #expect(zip(perStratum, stamps.classCounts).allSatisfy { abs(Double($0) - Double($1) / 4) < 1 + 1e-9 })
            for epoch in 0..<epochs {
                let order = strata.order(of: position..<position + 1).order(position: position, epoch: epoch)
                #expect(order.count == list.count)
                var times = [Int](repeating: 0, count: list.count)
                for place in order { times[place] += 1 }
                for label in 0..<3 {
                    let ofClass = list.indices.filter { stamps.label(list[$0]) == label }.map { times[$0] }
                    // No stamp of a class is drawn twice more often than another.
                    #expect(ofClass.max()! - ofClass.min()! <= 1)
                    let draws = ofClass.reduce(0, +)
                    #expect(abs(Double(draws) - shares[label] * Double(order.count)) < 1 + 1e-9)
                    drawn[label] += draws
                }
            }
        }
        // The rounding is by chance: within four deviations of at most a half of 200 draws.
        for label in 0..<3 {
            let expected = shares[label] * Double(stamps.count * epochs)
            #expect(abs(Double(drawn[label]) - expected) <= 4 * 0.5 * Double(4 * epochs).squareRoot())
        }
    }

    @Test func ordersDifferByEpochAndSeedAndNothingElse() throws {
        let folder = try TemporaryFolder()
        let stamps = try collection(folder, counts: [9, 61, 333])
        let thirds = [Double](repeating: 1 / 3.0, count: 3)
        let (one, other) = (try strata(stamps, thirds), try strata(stamps, thirds, seed: 5))
        let all = one.order(of: 0..<4)
        for position in 0..<4 {
            let own = one.order(of: position..<position + 1)
            for epoch in [3, 0] {
                #expect(own.order(position: position, epoch: epoch) == all.order(position: position, epoch: epoch))
            }
            #expect(all.order(position: position, epoch: 0) != all.order(position: position, epoch: 1))
            #expect(
                all.order(position: position, epoch: 0) != other.order(of: 0..<4).order(position: position, epoch: 0))
        }
    }

    /// Strata share the stamps of a class with fewer than there are strata: all are drawn, on average as often as each
    /// other, and no two draws of one stamp in an epoch have the same number.
    @Test(arguments: 1...3) func aClassOfFewerStampsThanStrataIsShared(_ rare: Int) throws {
        let folder = try TemporaryFolder()
        let stamps = try collection(folder, counts: [rare, 60, 60])
        let shares = [0.2, 0.4, 0.4]
        let strata = try strata(stamps, shares), plan = strata.plan
        #expect(strata.lists.flatMap { $0 }.sorted() == Array(0..<stamps.count))
        #expect(strata.borrowed.flatMap { $0 }.allSatisfy { $0 < rare })
        let epochs = 60
        var times = [Int](repeating: 0, count: rare)
        for epoch in 0..<epochs {
            var numbers = [[UInt32]](repeating: [], count: rare)
            for position in 0..<plan.microbatches {
                let all = strata.stamps(position: position)
                #expect(Set(all).count == all.count)
                let drawing = strata.order(of: position..<position + 1)
                let order = drawing.order(position: position, epoch: epoch)
                #expect(order.count == plan.stratumSamples(position: position))
                let drawn = order.map { all[$0] }
                let ofClass = drawn.count { $0 < rare }
                #expect(abs(Double(ofClass) - shares[0] * Double(order.count)) < 1 + 1e-9)
                for (stamp, number) in zip(drawn, drawing.repetitions(position: position, of: order)) where stamp < rare
                {
                    numbers[stamp].append(number)
                    times[stamp] += 1
                }
            }
            #expect(numbers.allSatisfy { Set($0).count == $0.count })
        }
        let mean = shares[0] * Double(stamps.count * epochs) / Double(rare)
        // Four deviations of what chance gives to one of them in each stratum and epoch.
        let most = 4 * 0.5 * Double(plan.microbatches * epochs).squareRoot()
        #expect(times.allSatisfy { abs(Double($0) - mean) <= most })
    }

    /// What a stratum borrows is no more than it draws, however many stamps are shared.
    @Test func strataBorrowNoMoreThanTheyDraw() throws {
        let folder = try TemporaryFolder()
        let stamps = try collection(folder, counts: [97, 203, 900])
        let plan = BatchPlan(samples: stamps.count, batchSize: stamps.count, microbatch: 8)
        let strata = try Strata(
            of: Array(0..<stamps.count), plan: plan, seed: 4, shares: [0.25, 0.25, 0.5], classes: stamps)
        #expect(plan.microbatches == 150)
        #expect(strata.borrowed.allSatisfy { $0.count <= 3 })
        var times = [Int](repeating: 0, count: stamps.count)
        for position in 0..<plan.microbatches {
            for place in strata.order(of: position..<position + 1).order(position: position, epoch: 0) {
                times[strata.stamps(position: position)[place]] += 1
            }
        }
        #expect(abs(Double(times[..<97].reduce(0, +)) - 300) < 4 * 0.5 * 150.0.squareRoot())
    }

    /// Strata of unequal size are full before the last class is dealt to all of them.
    @Test func aStratumWithoutAClassBorrowsFromIt() throws {
        let folder = try TemporaryFolder()
        let stamps = try collection(folder, counts: [2, 2, 2])
        let plan = BatchPlan(samples: 6, batchSize: 3, microbatch: 2)
        let strata = try Strata(
            of: Array(0..<6), plan: plan, seed: 4, shares: [0, 0, 1], classes: stamps)
        for position in 0..<2 {
            let order = strata.order(of: 0..<2).order(position: position, epoch: 0)
            #expect(order.allSatisfy { stamps.label(strata.stamps(position: position)[$0]) == 2 })
        }
    }

    @Test func aClassWithoutATrainingStampIsRefused() throws {
        let folder = try TemporaryFolder()
        let stamps = try collection(folder, counts: [1, 60, 61])
        let plan = BatchPlan(samples: 121, batchSize: 40, microbatch: 10), training = Array(1..<122)
        expectFault(.badData, "--sampling", saying: "the class c0 has no stamp in the training set") {
            _ = try Strata(of: training, plan: plan, seed: 4, shares: [0.2, 0.4, 0.4], classes: stamps)
        }
        _ = try Strata(of: training, plan: plan, seed: 4, shares: [0, 0.5, 0.5], classes: stamps)
    }

    @Test func sharesAreOfTheClasses() throws {
        let classes = try StampClasses(["a", "b"], from: "test")
        let shares = [("b", 0.75), ("a", 0.25)].map { Sampling.ClassShare(name: $0, share: $1) }
        #expect(try Sampling.shares(shares).shares(of: classes) == [0.25, 0.75])
        #expect(try Sampling.balanced.shares(of: classes) == [0.5, 0.5])
        #expect(try Sampling.uniform.shares(of: classes) == nil)
        expectFault(.usage, "--sampling b=0.75", saying: "the classes are a, c") {
            _ = try Sampling.shares(shares).shares(of: StampClasses(["a", "c"], from: "test"))
        }
    }
}
