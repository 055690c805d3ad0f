import CKernels
import Dispatch
import Faults
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The lanes of a process: threads that work side by side and wait for each other at barriers. Lane 0 is the caller's
/// thread.
///
/// Threads start once and sleep between jobs.
public final class LaneTeam: @unchecked Sendable {
    /// How many lanes there are, the caller's included.
    public let count: Int

    /// Where lanes record how long they wait for each other; may be set between jobs.
    package var timeline: Timeline?

    private let barrier: LaneBarrier
    private var job: (@Sendable (Int) -> Void)?
    private var isEnding = false
    private let starts: [DispatchSemaphore]
    private let ended = DispatchSemaphore(value: 0)
    private let failure = Mutex<(any Error)?>(nil)
    private let failed = Atomic<Bool>(false)

    /// Starts `count` − 1 threads.
    ///
    /// - Throws: `Fault(.noResources)` when the system refuses one of them.
    public init(count: Int) throws {
        precondition(count >= 1, "a team has at least one lane")
        self.count = count
        barrier = LaneBarrier(count: count)
        starts = (1..<max(count, 1)).map { _ in DispatchSemaphore(value: 0) }
        for lane in 1..<max(count, 1) {
            guard SystemThread.start({ self.serve(lane) }) else {
                end(starts.prefix(lane - 1))
                throw Fault(
                    .noResources, "--threads \(count)",
                    "the system lets a rank start no more than \(lane) threads here",
                    remedy: "use fewer, or raise the limit on processes (ulimit -u) or memory")
            }
        }
    }

    /// Ends the threads. No job may be running.
    public func finish() { end(starts[...]) }

    private func end(_ starts: ArraySlice<DispatchSemaphore>) {
        isEnding = true
        for start in starts {
            start.signal()
            ended.wait()
        }
    }

    private func serve(_ lane: Int) {
        while true {
            starts[lane - 1].wait()
            if isEnding { break }
            job!(lane)
            ended.signal()
        }
        ended.signal()
    }

    /// Runs `body` on every lane at once and returns when all have finished.
    ///
    /// A lane that throws releases those that wait for it at a barrier, now and for the rest of the job: they see
    /// `hasFailed`.
    ///
    /// - Throws: the first error of any lane, on the caller's thread.
    public func run(_ body: @escaping @Sendable (Int) throws -> Void) throws {
        job = { [unowned self] lane in
            do {
                try body(lane)
            } catch {
                record(error)
                barrier.abandon()
            }
        }
        for start in starts { start.signal() }
        job!(0)
        for _ in starts { ended.wait() }
        job = nil
        guard hasFailed else { return }
        failed.store(false, ordering: .relaxed)
        barrier.restore()
        if let error = failure.withLock({ error in
            defer { error = nil }
            return error
        }) {
            throw error
        }
    }

    /// Cuts `0..<total` into chunks and gives each lane the next one as soon as it is free.
    public func share(
        _ total: Int, chunk: Int, _ body: @escaping @Sendable (_ lane: Int, _ range: Range<Int>) throws -> Void
    ) throws {
        let next = ChunkCounter()
        try run { lane in
            while true {
                let start = next.value.add(chunk, ordering: .relaxed).oldValue
                guard start < total else { return }
                try body(lane, start..<min(start + chunk, total))
            }
        }
    }

    // MARK: Within a job

    /// Waits until every lane has arrived, or one has failed.
    public func synchronize() { if count > 1 { barrier.wait() } }

    /// The same, with the wait recorded on the lane's timeline.
    public func synchronize(_ lane: Int) {
        guard count > 1 else { return }
        let own = timeline?.lanes[lane]
        own.measure(.waiting) { barrier.wait() }
    }

    /// A barrier, then lane 0 performs `work` alone, then another barrier. If it fails, `hasFailed` is true on every
    /// lane afterwards.
    public func synchronize(_ lane: Int, _ work: () throws -> Void) {
        synchronize(lane)
        alone(lane, work)
        synchronize(lane)
    }

    /// Lane 0 performs `work` alone, without a barrier: the others see its result, or `hasFailed`, after the next
    /// barrier.
    public func alone(_ lane: Int, _ work: () throws -> Void) {
        // After a lane has failed, what the work needs may be missing.
        guard lane == 0, !hasFailed else { return }
        do { try work() } catch { record(error) }
    }

    /// Whether a lane has failed: the others stop at the next barrier.
    public var hasFailed: Bool { failed.load(ordering: .acquiring) }

    private func record(_ error: any Error) {
        failure.withLock { if $0 == nil { $0 = error } }
        failed.store(true, ordering: .releasing)
    }
}

private final class ChunkCounter: Sendable {
    let value = Atomic<Int>(0)
}

/// Where lanes wait for each other: briefly spinning, since the others are close, then sleeping.
private final class LaneBarrier: @unchecked Sendable {
    private let count: Int
    private let arrived = Atomic<Int>(0)
    private let generation = Atomic<Int>(0)
    /// A lane will never arrive: no lane waits.
    private let isAbandoned = Atomic<Bool>(false)
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    /// How often a lane polls before it sleeps: for some tens of microseconds if each lane has a processor, else hardly
    /// at all.
    private let spins: Int

    init(count: Int) {
        self.count = count
        spins = count <= Int(available_processors()) ? 20_000 : 500
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func wait() {
        let mine = generation.load(ordering: .acquiring)
        // A lane that reads the generation after the abandonment sees that, too; one that waits for an earlier
        // generation is released by it.
        if isAbandoned.load(ordering: .acquiring) { return }
        if arrived.add(1, ordering: .acquiringAndReleasing).newValue == count {
            arrived.store(0, ordering: .relaxed)
            pthread_mutex_lock(mutex)
            generation.store(mine + 1, ordering: .releasing)
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
            return
        }
        for _ in 0..<spins {
            if generation.load(ordering: .acquiring) != mine { return }
        }
        pthread_mutex_lock(mutex)
        while generation.load(ordering: .acquiring) == mine { pthread_cond_wait(condition, mutex) }
        pthread_mutex_unlock(mutex)
    }

    /// Releases all lanes that wait, and those that come later.
    func abandon() {
        pthread_mutex_lock(mutex)
        isAbandoned.store(true, ordering: .releasing)
        generation.add(1, ordering: .acquiringAndReleasing)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Restores an abandoned barrier. No lane may be in it.
    func restore() {
        isAbandoned.store(false, ordering: .relaxed)
        arrived.store(0, ordering: .relaxed)
    }
}
