import Dispatch
import Faults
import Lanes
import StampData
import Synchronization
import Tensors

/// Reads the stamps that a lane will draw, some microbatches ahead, while it computes.
///
/// The order of an epoch is known from the seed, so what is read is exactly what will be drawn, also beyond the end of
/// the epoch. A thread of its own reads; the lane waits only where it is faster than the file system.
final class ReadAhead: @unchecked Sendable {
    /// A draw from a stratum: one microbatch of one step.
    struct Draw: Hashable {
        var epoch: Int
        var step: Int
        var position: Int
    }

    /// Where the stamps are, and how they are kept.
    struct Source {
        let reader: StampReader
        let plan: BatchPlan
        /// The order in which stamps are drawn.
        let order: DrawingOrder
        /// Whether stamps are kept as they are augmented from, with the spread of their channels' sky.
        let isAugmented: Bool
    }

    /// The lane's strata, one behind the other, in the order in which each step draws from them.
    struct Strata {
        let positions: Range<Int>
        /// The first stamp of each, and their number.
        let starts: [Int]
        /// How many of each stay in memory: the first ones, which need not be read.
        let resident: [Int]
        /// The stamps' numbers in the collection. They outlive the reading.
        let numbers: UnsafePointer<UInt32>
    }

    private let source: Source
    private let strata: Strata
    private let depth: Int
    private let worker: SerialWorker
    private let isEnding = Atomic<Bool>(false)
    /// Floats of a stamp, and of the spreads that go with it.
    private let values: Int
    private let spreadValues: Int
    private let stamps: FloatBuffer
    private let spreads: FloatBuffer

    // The worker's own.

    private var upcoming = Draw(epoch: 0, step: 0, position: 0)
    /// The order within each stratum in one epoch, one behind the other.
    private var orders: [UInt32] = []
    private var epochOfOrders: Int?

    // The lane's own.

    private var expected: Draw?
    private var place = 0

    // Of both.

    private let failures = Mutex<[Int: any Error]>([:])
    private var filled = DispatchSemaphore(value: 0)

    /// - Throws: `Fault(.noResources)` when the system refuses the thread that reads.
    init(_ source: Source, _ strata: Strata, depth: Int) throws {
        self.source = source
        self.strata = strata
        self.depth = depth
        worker = try SerialWorker(purpose: "reads stamps ahead")
        let samples = depth * source.plan.largestMicrobatch
        (values, spreadValues) = source.reader.keptCounts(isAugmented: source.isAugmented)
        stamps = FloatBuffer(count: samples * values)
        spreads = FloatBuffer(count: samples * spreadValues)
    }

    /// Bytes of memory that stamps take.
    var stampBytes: Int { (stamps.count + spreads.count) * MemoryLayout<Float>.stride }

    /// Stops reading.
    func finish() {
        isEnding.store(true, ordering: .relaxed)
        worker.wait()
    }

    // MARK: The lane

    /// Makes sure that the next draw is the first one of a step, where another one was expected.
    func proceed(to step: Int, ofEpoch epoch: Int) {
        guard !strata.positions.isEmpty else { return }
        let draw = Draw(epoch: epoch, step: step, position: strata.positions.lowerBound)
        guard expected != draw else { return }
        // What was read in vain is forgotten.
        finish()
        isEnding.store(false, ordering: .relaxed)
        (expected, upcoming, place, filled) = (draw, draw, 0, DispatchSemaphore(value: 0))
        for place in 0..<depth { fill(place) }
    }

    /// Waits until the stamps of a draw are there, and hands them to `body`: room for each of the microbatch's samples,
    /// of which those that stay in memory elsewhere are undefined; and the spreads likewise.
    ///
    /// - Throws: the fault that kept them from being read.
    func take(
        _ draw: Draw, _ body: (_ stamps: UnsafePointer<Float>, _ spreads: UnsafePointer<Float>) -> Void
    ) throws {
        precondition(draw == expected, "\(draw) instead of \(String(describing: expected))")
        filled.wait()
        let failure = failures.withLock { $0[place] }
        if failure == nil {
            let samples = place * source.plan.largestMicrobatch
            body(
                stamps.pointer + samples * values, spreads.pointer + samples * spreadValues)
        }
        fill(place)
        place = (place + 1) % depth
        expected = next(draw)
        // The step goes on to its end all the same.
        if let failure { throw failure }
    }

    // MARK: The worker

    private func next(_ draw: Draw) -> Draw {
        var next = draw
        next.position += 1
        if next.position < strata.positions.upperBound { return next }
        next.position = strata.positions.lowerBound
        next.step += 1
        return next.step < source.plan.steps ? next : Draw(epoch: draw.epoch + 1, step: 0, position: next.position)
    }

    /// Starts to read the draw after the last one that was asked for.
    private func fill(_ place: Int) {
        worker.start { [self, filled] in
            guard !isEnding.load(ordering: .relaxed) else { return }
            var failure: (any Error)?
            do { try read(upcoming, to: place) } catch { failure = error }
            failures.withLock { [failure] in $0[place] = failure }
            upcoming = next(upcoming)
            filled.signal()
        }
    }

    private func read(_ draw: Draw, to place: Int) throws {
        let reader = source.reader
        let missing = missing(draw)
        for (stamp, _) in missing { try reader.collection.willRead(Int(stamp)) }
        let first = place * source.plan.largestMicrobatch
        for (stamp, sample) in missing { try read(Int(stamp), to: first + sample) }
    }

    /// Reads one stamp as it is kept.
    private func read(_ stamp: Int, to sample: Int) throws {
        let reader = source.reader
        let target = stamps.view.slice(values, at: sample * values)
        let spreads = source.isAugmented ? spreads.view.pointer(spreadValues, at: sample * spreadValues) : nil
        guard try reader.read(stamp, into: target, spreads: spreads) else {
            throw StampScan.changed(stamp, of: reader.collection)
        }
    }

    /// The stamps of a draw that do not stay in memory, in the order of the files, and the sample that each is.
    private func missing(_ draw: Draw) -> [(stamp: UInt32, sample: Int)] {
        if epochOfOrders != draw.epoch { order(draw.epoch) }
        let (plan, local) = (source.plan, draw.position - strata.positions.lowerBound)
        let (start, resident) = (strata.starts[local], strata.resident[local])
        let first = start + plan.firstInStratum(step: draw.step, position: draw.position)
        var missing: [(stamp: UInt32, sample: Int)] = []
        for sample in 0..<plan.microbatchSamples(step: draw.step, position: draw.position) {
            let index = Int(orders[first + sample])
            if index >= resident { missing.append((strata.numbers[start + index], sample)) }
        }
        return missing.sorted { $0.stamp < $1.stamp }
    }

    private func order(_ epoch: Int) {
        orders.removeAll(keepingCapacity: true)
        for (start, position) in zip(strata.starts, strata.positions) {
            // A stratum may have more stamps than draws.
            orders += repeatElement(0, count: start - orders.count)
            orders += source.order.order(position: position, epoch: epoch).lazy.map { UInt32($0) }
        }
        epochOfOrders = epoch
    }
}
