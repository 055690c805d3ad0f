import Communication
import Faults
import TestSupport
import Testing

@Suite struct SingleProcessTests {
    private let group: any ProcessGroup = SingleProcess()

    @Test func collectivesOfOneReturnWhatTheyAreGiven() throws {
        #expect(group.rank == 0)
        #expect(group.size == 1)
        #expect(!group.hostName.isEmpty)
        try group.barrier()
        #expect(try group.broadcast([1, 2, 3], from: 0) == [1, 2, 3])
        #expect(try group.allGather([4, 5]) == [[4, 5]])
        #expect(try group.gather([]) == [[]])
        #expect(try group.maximum(of: -3) == -3)
        #expect(try group.minimum(of: Int.min) == Int.min)
        #expect(group.claimReport())
    }

    @Test func anAllToAllOfOneIsACopy() throws {
        let plan = AllToAllPlan(sendCounts: [3], sendOffsets: [1], receiveCounts: [3], receiveOffsets: [2])
        var received = [Float](repeating: 0, count: 6)
        let request = try group.all.startAllToAll([9, 4, 5, 6, 9] as [Float], into: &received, plan: plan)
        #expect(try request.test())
        try request.wait()
        #expect(received == [0, 0, 4, 5, 6, 0])
    }

    @Test func anAllGatherOfOneChangesNothing() throws {
        var values: [Float] = [1, 2, 3]
        let request = try group.all.startAllGather(inPlace: &values, plan: AllGatherPlan(counts: [3]))
        #expect(try request.test())
        try request.wait()
        #expect(values == [1, 2, 3])
    }

    /// Nothing is copied: the total stands where the first lane summed its first subtree.
    @Test func gradientsAreReducedInPlace() throws {
        let tree = CanonicalTree(count: 3)
        let buffers = (0..<2).map { _ in UnsafeMutablePointer<Float>.allocate(capacity: 100) }
        defer { for buffer in buffers { buffer.deallocate() } }
        let reduction = GradientReduction(
            levels: RankLevels(flat: group), tree: tree, rankRuns: [0..<3], buckets: [70..<100, 0..<70],
            parts: zip([0..<2, 2..<3], buffers).map {
                GradientReduction.Part(node: tree.wholeSubtrees(of: $0)[0], buffer: $1)
            })
        #expect(reduction.buckets.map(\.slice) == [70..<100, 0..<70])
        #expect(reduction.buckets.map(\.total) == [buffers[0] + 70, buffers[0]])
        for index in 0..<100 {
            buffers[0][index] = Float(index)
            buffers[1][index] = 1000
        }
        reduction.buckets[1].combine(after: 0, 0..<40)
        #expect(buffers[0][39] == 1039 && buffers[0][40] == 40)
        reduction.buckets[1].combine(after: 0, 40..<70)
        reduction.buckets[0].combine(after: 0, 70..<100)
        for bucket in reduction.buckets {
            #expect(bucket.levels == 0)
            try bucket.gather(buffers[0])
        }
        #expect((0..<100).allSatisfy { buffers[0][$0] == Float(1000 + $0) })
    }

    @Test func doublesAreSummedOverMicrobatches() throws {
        let sums = DoubleTreeSum(
            levels: RankLevels(flat: group), tree: CanonicalTree(count: 5), rankRuns: [0..<5], maximumLength: 3)
        for microbatch in 0..<5 {
            for element in 0..<3 { sums.leaf(microbatch)[element] = Double(10 * microbatch + element) }
        }
        #expect(Array(try sums.sum(length: 3)) == [100, 105, 110])
    }
}

@Suite struct AgreementTests {
    private let group: any ProcessGroup = SingleProcess()
    private let fault = Fault(.badData, "stamps.npy", "holds no stamps", remedy: "give another file")

    @Test func workThatSucceedsGivesItsValue() throws {
        #expect(try group.agree { 42 } == 42)
        try group.agree(on: nil)
    }

    @Test func aFaultArrivesUnchanged() {
        #expect(throws: AgreedFault.self) { try group.agree(on: fault) }
        do {
            try group.agree { throw fault }
            Issue.record("the fault was lost")
        } catch {
            #expect((error as? AgreedFault)?.fault == fault)
        }
    }

    @Test func aRunReturnsTheExitCodeAndReportsOnce() {
        #expect(ProcessGroups.run(environment: [:]) { _ in } == 0)
        for isAgreed in [true, false] {
            var reports: [Fault] = []
            let code = ProcessGroups.run(
                environment: [:],
                line: {
                    reports.append($0); return "\($0)"
                }
            ) { group in
                if isAgreed { try group.agree(on: fault) } else { throw fault }
            }
            #expect(code == 65)
            #expect(reports == [fault])
        }
    }

    @Test func anErrorThatIsNoFaultIsAnInternalOne() {
        struct Surprise: Error {}
        var reports: [Fault] = []
        let code = ProcessGroups.run(
            environment: [:],
            line: {
                reports.append($0); return "\($0)"
            }
        ) { _ in throw Surprise() }
        #expect(code == 70)
        #expect(reports.map(\.problem) == ["Surprise()"])
    }
}
