import Lanes

/// Consecutive stamps of one class, valid only during a call.
public struct SimulatedBlock {
    public let population: StampSimulator.Population
    /// The indices of the stamps.
    public let indices: Range<Int>
    /// (stamps, height, width), in ADU.
    public let pixels: UnsafeBufferPointer<Float>
    /// What each stamp is known to show.
    public let truths: [SimulatedStamp.Truth]
}

extension StampSimulator {
    /// Stamps that are held in memory at a time.
    private static let stampsAtOnce = 4096

    /// Makes stamps 0 ..< `sources` of the class of sources, then 0 ..< `noise` of the class of noise, on `threads`
    /// threads, and hands them over in order, in blocks. The number of threads changes nothing but the time it takes.
    ///
    /// - Parameter write: takes a block; an error that it throws ends the generation.
    public func generate(
        sources: Int, noise: Int, threads: Int, write: (SimulatedBlock) throws -> Void
    ) throws {
        precondition(
            sources >= 0 && noise >= 0 && threads > 0, "\(sources) sources, \(noise) noise, \(threads) threads")
        let stamps = min(Self.stampsAtOnce, max(sources, noise))
        let pixels = UnsafeMutableBufferPointer<Float>.allocate(capacity: stamps * height * width)
        let truths = UnsafeMutableBufferPointer<SimulatedStamp.Truth>.allocate(capacity: stamps)
        defer {
            pixels.deallocate()
            truths.deallocate()
        }
        for (population, count) in [(Population.sources, sources), (.noise, noise)] {
            for start in stride(from: 0, to: count, by: Self.stampsAtOnce) {
                let indices = start..<min(start + Self.stampsAtOnce, count)
                fill(pixels, truths, population, indices, threads: threads)
                try write(
                    SimulatedBlock(
                        population: population, indices: indices,
                        pixels: UnsafeBufferPointer(rebasing: pixels[..<(indices.count * height * width)]),
                        truths: Array(truths[..<indices.count])))
            }
        }
    }

    private func fill(
        _ pixels: UnsafeMutableBufferPointer<Float>, _ truths: UnsafeMutableBufferPointer<SimulatedStamp.Truth>,
        _ population: Population, _ indices: Range<Int>, threads: Int
    ) {
        // Each thread writes rows of its own.
        nonisolated(unsafe) let pixels = pixels, truths = truths
        shareIterations(threads, threads: threads) { thread in
            for row in (indices.count * thread / threads)..<(indices.count * (thread + 1) / threads) {
                let stamp = stamp(population, index: indices.lowerBound + row)
                _ = pixels[(row * height * width)...].update(fromContentsOf: stamp.pixels)
                truths.initializeElement(at: row, to: stamp.truth)
            }
        }
    }
}
