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

    @Test func aClassOfFewerStampsThanStrataIsRefused() throws {
        let folder = try TemporaryFolder()
        let stamps = try collection(folder, counts: [3, 60, 60])
        expectFault(.badData, "--sampling", saying: "the class c0 has 3 training stamps for 4 microbatches") {
            _ = try strata(stamps, [0.2, 0.4, 0.4])
        }
        _ = try strata(stamps, [0, 0.5, 0.5])
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
