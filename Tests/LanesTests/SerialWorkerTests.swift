import Lanes
import Synchronization
import Testing

@Suite struct SerialWorkerTests {
    @Test func workIsDoneInItsOrder() throws {
        let worker = try SerialWorker(purpose: "tests")
        let done = Mutex<[Int]>([])
        for number in 0..<1000 { worker.start { done.withLock { $0.append(number) } } }
        worker.wait()
        #expect(done.withLock { $0 } == Array(0..<1000))
    }

    /// As many threads as there are iterations at most, and each iteration once.
    @Test(arguments: [(0, 4), (1, 4), (3, 8), (1000, 1), (1000, 7)])
    func iterationsAreShared(count: Int, threads: Int) {
        let calls = Mutex<[Int]>(Array(repeating: 0, count: count))
        shareIterations(count, threads: threads) { iteration in calls.withLock { $0[iteration] += 1 } }
        #expect(calls.withLock { $0 } == Array(repeating: 1, count: count))
    }
}
