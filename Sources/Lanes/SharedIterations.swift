import Dispatch
import Synchronization

/// Calls `body` with each number of `0..<count`, on up to `threads` threads of which the caller's is one; returns when
/// all calls have. Where the system refuses threads there are fewer, and it takes longer.
package func shareIterations(_ count: Int, threads: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let taken = IterationCounter()
    let ended = DispatchSemaphore(value: 0)
    let work: @Sendable () -> Void = {
        while let iteration = taken.next(below: count) { body(iteration) }
    }
    var others = 0
    while others + 1 < min(threads, count) {
        let isStarted = SystemThread.start {
            work()
            ended.signal()
        }
        guard isStarted else { break }
        others += 1
    }
    work()
    for _ in 0..<others { ended.wait() }
}

private final class IterationCounter: Sendable {
    private let value = Atomic<Int>(0)

    func next(below count: Int) -> Int? {
        let next = value.add(1, ordering: .relaxed).oldValue
        return next < count ? next : nil
    }
}
