import Lanes

/// Consecutive stamps of one class, valid only during a call.
public struct SimulatedBlock<Kind: SimulatedKind> {
    public let population: StampSimulator.Population
    /// The indices of the stamps.
    public let indices: Range<Int>
    /// (stamps, height, width) or (stamps, height, width, channels), in ADU.
    public let pixels: UnsafeBufferPointer<Float>
    /// What each stamp is known to show.
    public let truths: [SimulatedTruth<Kind>]
}

/// Makes stamps of two classes, each a function of its class and its index.
public protocol Simulator<Kind>: Sendable {
    associatedtype Kind: SimulatedKind

    /// Of one stamp: (height, width) or (height, width, channels).
    var stampShape: [Int] { get }

    /// What some stamps are drawn on; nil for simulated skies alone.
    var realSky: RealSky? { get }

    /// Stamp `index` of a class, 0 ..< 2³²: its values in ADU, and what it shows.
    func make(
        _ population: StampSimulator.Population, index: Int
    ) -> (values: [Float], truth: SimulatedTruth<Kind>)
}

extension Simulator {
    public var realSky: RealSky? { nil }

    private var valuesPerStamp: Int { stampShape.reduce(1, *) }

    /// Stamps that are held in memory at a time: 4,096, or as many as hold 16 million values.
    private var stampsAtOnce: Int { min(4096, max(1 << 24 / valuesPerStamp, 1)) }

    /// Makes stamps 0 ..< `sources` of the class of sources, then 0 ..< `noise` of the class of noise, on `threads`
    /// threads, and hands them over in order, in blocks. The number of threads changes nothing but the time it takes.
    ///
    /// - Parameter write: takes a block; an error that it throws ends the generation.
    public func generate(
        sources: Int, noise: Int, threads: Int, write: (SimulatedBlock<Kind>) throws -> Void
    ) throws {
        precondition(
            sources >= 0 && noise >= 0 && threads > 0, "\(sources) sources, \(noise) noise, \(threads) threads")
        let stamps = min(stampsAtOnce, max(sources, noise))
        let pixels = UnsafeMutableBufferPointer<Float>.allocate(capacity: stamps * valuesPerStamp)
        let truths = UnsafeMutableBufferPointer<SimulatedTruth<Kind>>.allocate(capacity: stamps)
        defer {
            pixels.deallocate()
            truths.deallocate()
        }
        for (population, count) in [(StampSimulator.Population.sources, sources), (.noise, noise)] {
            for start in stride(from: 0, to: count, by: stampsAtOnce) {
                let indices = start..<min(start + stampsAtOnce, count)
                fill(pixels, truths, population, indices, threads: threads)
                try write(
                    SimulatedBlock(
                        population: population, indices: indices,
                        pixels: UnsafeBufferPointer(rebasing: pixels[..<(indices.count * valuesPerStamp)]),
                        truths: Array(truths[..<indices.count])))
            }
        }
    }

    private func fill(
        _ pixels: UnsafeMutableBufferPointer<Float>, _ truths: UnsafeMutableBufferPointer<SimulatedTruth<Kind>>,
        _ population: StampSimulator.Population, _ indices: Range<Int>, threads: Int
    ) {
        // Each thread writes rows of its own.
        nonisolated(unsafe) let pixels = pixels, truths = truths
        shareIterations(threads, threads: threads) { thread in
            for row in (indices.count * thread / threads)..<(indices.count * (thread + 1) / threads) {
                let stamp = make(population, index: indices.lowerBound + row)
                _ = pixels[(row * valuesPerStamp)...].update(fromContentsOf: stamp.values)
                truths.initializeElement(at: row, to: stamp.truth)
            }
        }
    }
}
