import StampData
import Testing

@Suite struct BatchPlanTests {
    /// (samples, batch, microbatch): even and uneven, online, full batch, microbatches larger than the batch, a last
    /// batch smaller than the number of microbatches.
    static let shapes = [
        (1, 1, 1), (7, 1, 1), (48, 48, 7), (48, 20, 7), (48, 20, 20), (48, 20, 64), (700, 64, 8), (701, 64, 8),
        (641, 64, 8), (643, 64, 1), (1000, 256, 32), (1000, 999, 10), (1000, 1000, 3), (97, 13, 5), (100, 10, 3),
    ]

    @Test(arguments: shapes) func batchesAreSpreadEvenlyOverMicrobatches(samples: Int, batch: Int, microbatch: Int) {
        let plan = BatchPlan(samples: samples, batchSize: batch, microbatch: microbatch)
        #expect((0..<plan.steps).reduce(0) { $0 + plan.batchSamples(step: $1) } == samples)
        for step in 0..<plan.steps {
            let sizes = (0..<plan.microbatches).map { plan.microbatchSamples(step: step, position: $0) }
            #expect(sizes.reduce(0, +) == plan.batchSamples(step: step))
            #expect(sizes.max()! - sizes.min()! <= 1)
            #expect(sizes.max()! <= plan.largestMicrobatch)
            #expect(plan.batchSamples(step: step) == batch || step == plan.steps - 1)
        }
        #expect(plan.largestMicrobatch <= microbatch)
        // No more microbatches than needed.
        #expect((plan.microbatches - 1) * microbatch < batch)
    }

    @Test(arguments: shapes) func everySampleIsDrawnOnceAnEpoch(samples: Int, batch: Int, microbatch: Int) throws {
        let plan = BatchPlan(samples: samples, batchSize: batch, microbatch: microbatch)
        let training = (0..<samples).map { 3 * $0 + 5 }
        let strata = try Strata(of: training, plan: plan, seed: 11)
        let orders = strata.order(of: 0..<plan.microbatches)
        for epoch in 0..<2 {
            var drawn: [Int] = []
            for (position, stratum) in strata.lists.enumerated() {
                let order = orders.order(position: position, epoch: epoch)
                for step in 0..<plan.steps {
                    let first = plan.firstInStratum(step: step, position: position)
                    let count = plan.microbatchSamples(step: step, position: position)
                    drawn += order[first..<first + count].map { stratum[$0] }
                }
            }
            #expect(drawn.sorted() == training)
        }
    }

    @Test(arguments: shapes) func strataPartitionTheTrainingSet(samples: Int, batch: Int, microbatch: Int) throws {
        let plan = BatchPlan(samples: samples, batchSize: batch, microbatch: microbatch)
        let training = (0..<samples).map { 2 * $0 }
        let strata = try Strata(of: training, plan: plan, seed: 1).lists
        #expect(strata.count == plan.microbatches)
        #expect(strata.enumerated().allSatisfy { $1.count == plan.stratumSamples(position: $0) })
        #expect(strata.flatMap { $0 }.sorted() == training)
    }

    @Test func strataAreRandomAndPureInTheSeed() throws {
        let plan = BatchPlan(samples: 500, batchSize: 50, microbatch: 10)
        let training = Array(0..<500)
        func strata(seed: UInt64) throws -> [[Int]] { try Strata(of: training, plan: plan, seed: seed).lists }
        #expect(try strata(seed: 1) == strata(seed: 1))
        #expect(try strata(seed: 1) != strata(seed: 2))
        // A stratum is no run of neighbours: its mean is near that of all, 249.5 ± 4·144/√100.
        for stratum in try strata(seed: 1) {
            #expect(abs(Double(stratum.reduce(0, +)) / 100 - 249.5) < 58)
        }
    }

    /// Nothing but (seed, epoch, position) changes an order: neither what was asked before nor who asks.
    @Test func ordersArePermutationsAndPureInSeedEpochAndPosition() throws {
        let plan = BatchPlan(samples: 400, batchSize: 40, microbatch: 10)
        func orders(seed: UInt64) throws -> DrawingOrder {
            try Strata(of: Array(0..<400), plan: plan, seed: seed).order(of: 0..<plan.microbatches)
        }
        var seen: [[Int]: String] = [:]
        for seed in [0, 1, UInt64.max] {
            for epoch in [0, 1, 1_000_000] {
                let orders = try orders(seed: seed)
                for position in 0..<plan.microbatches {
                    let order = orders.order(position: position, epoch: epoch)
                    #expect(order.sorted() == Array(0..<100))
                    #expect(seen.updateValue("\(seed) \(epoch) \(position)", forKey: order) == nil)
                }
            }
        }
        for epoch in [1, 0] {
            for position in (0..<plan.microbatches).reversed() {
                let order = try orders(seed: 1).order(position: position, epoch: epoch)
                #expect(seen[order] == "1 \(epoch) \(position)")
            }
        }
    }
}
