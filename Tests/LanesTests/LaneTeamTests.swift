import Lanes
import Testing

@Suite struct LaneTeamTests {
    @Test(arguments: [1, 2, 3, 8]) func everyLaneRunsOnceAJob(count: Int) throws {
        let team = try LaneTeam(count: count)
        defer { team.finish() }
        let runs = Numbers(count: count)
        for _ in 0..<50 { try team.run { runs[$0] += 1 } }
        #expect(runs.array == [Int](repeating: 50, count: count))
    }

    /// Each lane writes a plain number; behind the barrier every lane reads all of them. Seven lanes outnumber the
    /// cores of many machines that run tests, so that lanes sleep as well as spin.
    @Test(arguments: [2, 7]) func barriersOrderMemory(count: Int) throws {
        let team = try LaneTeam(count: count)
        defer { team.finish() }
        let (written, wrong) = (Numbers(count: count), Numbers(count: count))
        try team.run { lane in
            for round in 1...5_000 {
                written[lane] = round
                team.synchronize()
                for other in 0..<count where written[other] != round { wrong[lane] += 1 }
                team.synchronize()
            }
        }
        #expect(written.array == [Int](repeating: 5_000, count: count))
        #expect(wrong.array == [Int](repeating: 0, count: count))
    }

    /// Only lane 0 works, while the others wait: what it does needs no lock.
    @Test func workAtABarrierIsDoneOnceByTheFirstLane() throws {
        let team = try LaneTeam(count: 5)
        defer { team.finish() }
        let (done, seen) = (Numbers(count: 1), Numbers(count: 5))
        try team.run { lane in
            for round in 1...200 {
                team.synchronize(lane) { done[0] += 1 }
                if done[0] == round { seen[lane] += 1 }
                team.synchronize()
            }
        }
        #expect(done.array == [200] && seen.array == [Int](repeating: 200, count: 5))
    }

    @Test(arguments: 0..<4) func anErrorInOneLaneSurfacesAtRun(failing: Int) throws {
        let team = try LaneTeam(count: 4)
        defer { team.finish() }
        #expect(throws: Failure(lane: failing)) { try team.run { if $0 == failing { throw Failure(lane: $0) } } }
        // And is forgotten by the next job.
        let runs = Numbers(count: 4)
        try team.run { runs[$0] += 1 }
        #expect(runs.array == [1, 1, 1, 1] && !team.hasFailed)
    }

    @Test func anErrorAtABarrierIsKnownToEveryLane() throws {
        let team = try LaneTeam(count: 4)
        defer { team.finish() }
        let (before, after) = (Numbers(count: 4), Numbers(count: 4))
        #expect(throws: Failure(lane: 0)) {
            try team.run { lane in
                for round in 0..<10 {
                    team.synchronize(lane) { if round == 3 { throw Failure(lane: lane) } }
                    if team.hasFailed { return }
                    before[lane] += 1
                }
                after[lane] += 1
            }
        }
        #expect(before.array == [3, 3, 3, 3] && after.array == [0, 0, 0, 0])
    }

    /// The failed lane never comes to the second barrier: the others must not wait for it, and must know.
    @Test(arguments: 0..<4) func aLaneThatFailsBetweenBarriersReleasesTheOthers(failing: Int) throws {
        let team = try LaneTeam(count: 4)
        defer { team.finish() }
        for _ in 0..<200 {
            let (informed, worked) = (Numbers(count: 4), Numbers(count: 1))
            #expect(throws: Failure(lane: failing)) {
                try team.run { lane in
                    team.synchronize()
                    if lane == failing { throw Failure(lane: lane) }
                    team.synchronize(lane) { worked[0] += 1 }
                    if team.hasFailed { informed[lane] += 1 }
                    team.synchronize()
                }
            }
            #expect(informed.array == (0..<4).map { $0 == failing ? 0 : 1 } && worked.array == [0])
            // And the barriers of the next job hold again.
            let written = Numbers(count: 4)
            try team.run { lane in
                written[lane] = 1
                team.synchronize()
                if written.array == [1, 1, 1, 1] { informed[lane] = 5 }
            }
            #expect(informed.array == [5, 5, 5, 5])
        }
    }

    @Test(arguments: [(0, 4), (1, 4), (7, 7), (8, 7), (1000, 1), (1000, 13), (64, 64), (5, 100)])
    func shareCoversEveryIndexOnce(total: Int, chunk: Int) throws {
        let team = try LaneTeam(count: 6)
        defer { team.finish() }
        let visits = Numbers(count: max(total, 1))
        try team.share(total, chunk: chunk) { _, range in
            for index in range { visits[index] += 1 }
        }
        #expect(visits.array.prefix(total).allSatisfy { $0 == 1 })
    }

    @Test func anErrorInAChunkSurfacesAtShare() throws {
        let team = try LaneTeam(count: 3)
        defer { team.finish() }
        #expect(throws: Failure(lane: 7)) {
            try team.share(20, chunk: 1) { _, range in if range.contains(7) { throw Failure(lane: 7) } }
        }
    }

    private struct Failure: Error, Equatable { let lane: Int }
}

/// Plain numbers at a fixed address, so that only the team's own ordering keeps lanes apart.
private final class Numbers: @unchecked Sendable {
    private let values: UnsafeMutablePointer<Int>
    private let count: Int

    init(count: Int) {
        self.count = count
        values = .allocate(capacity: count)
        values.initialize(repeating: 0, count: count)
    }

    deinit { values.deallocate() }

    subscript(index: Int) -> Int {
        get { values[index] }
        set { values[index] = newValue }
    }

    var array: [Int] { Array(UnsafeBufferPointer(start: values, count: count)) }
}
