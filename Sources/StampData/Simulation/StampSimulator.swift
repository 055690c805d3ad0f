import CKernels
import Tensors

/// Makes stamps like those of a search for slow point sources in co-added images: a pure function of
/// (seed, class, index), so that any stamp can be made alone, in any order and on any thread.
///
/// **Sources** (class 1) hold a point source of log-uniform signal-to-noise ratio from 3 to 100 (half of them below
/// 17.3), at most 0.7 pixels from the centre along each axis: uniform within the central pixel, and up to 0.2 pixels of
/// error of the orbit. One in ten has the wings of a neighbour too.
///
/// **Noise** (class 0) is empty sky in half of the stamps; the other half are a survey's false positives: cosmic rays
/// (14 %), bad columns and rows (12 %), wings of neighbours (16 %) and difference-image dipoles (8 %).
///
/// A matched filter of one width (3.5 pixels, best of the central 3×3 places, on stamps less their median over σ_G)
/// tells the classes apart with a ROC area of 0.94, the excess of the central 3×3 pixels with 0.98: what a network
/// has to gain is in the false positives and the faintest sources.
///
/// The same seed gives the same bits on every x86-64 machine.
public struct StampSimulator: Hashable, Sendable {
    /// The two classes; the raw value is the class's number.
    public enum Population: Int, CaseIterable, Hashable, Sendable {
        case noise = 0
        case sources = 1
    }

    /// The faintest and the brightest source.
    public static let signalToNoiseRange: ClosedRange<Float> = 3...100
    /// The farthest that a source lies from the stamp's centre along an axis, in pixels.
    public static let largestOffset: Float = 0.7
    /// The smallest height and width that hold a source and its surroundings.
    public static let smallestSize = 7

    public let seed: UInt64
    public let height: Int
    public let width: Int

    public init(seed: UInt64, height: Int = 21, width: Int = 21) {
        precondition(min(height, width) >= Self.smallestSize, "stamps of \(height)×\(width) pixels hold no source")
        self.seed = seed
        self.height = height
        self.width = width
    }

    /// Stamp `index` of the class of sources.
    public func source(index: Int) -> SimulatedStamp { stamp(.sources, index: index) }

    /// Stamp `index` of the class of noise.
    public func noise(index: Int) -> SimulatedStamp { stamp(.noise, index: index) }

    /// Stamp `index` of a class.
    public func stamp(_ population: Population, index: Int) -> SimulatedStamp {
        let scene = scene(population, index: index)
        return SimulatedStamp(pixels: scene.pixels, signalToNoise: scene.signalToNoise, kind: scene.kind)
    }

    /// Stamp `index` of a class with everything it was made from.
    ///
    /// - Parameter index: 0 ..< 2³².
    public func scene(_ population: Population, index: Int) -> SimulatedScene {
        precondition(UInt32(exactly: index) != nil, "index \(index) does not fit into 32 bits")
        var random = CounterBasedRandom(seed: seed).stream(.simulation, detail: population.rawValue, sample: index)
        let sky = Sky(&random, height: height, width: width)
        let pointSpread = PointSpreadFunction(&random)
        let kind = population == .sources ? .pointSource : kindOfNoise(&random)
        let offset = SIMD2(
            random.uniform(-0.5, 0.5) + random.uniform(-0.2, 0.2), random.uniform(-0.5, 0.5) + random.uniform(-0.2, 0.2)
        )
        var canvas = Canvas(height: height, width: width, sky: sky, pointSpread: pointSpread)
        let signalToNoise = kind == .pointSource ? random.logUniform(3, 100, logOfRatio: 3.50655790) : 0
        canvas.draw(kind, signalToNoise: signalToNoise, offset: offset, &random)
        let white = whiteNoise(population, index: index)
        return canvas.scene(kind, signalToNoise: signalToNoise, offset: offset, white: white)
    }

    private func kindOfNoise(_ random: inout RandomStream) -> SimulatedStamp.Kind {
        switch random.uniformFloat() {
        case ..<0.5: .emptySky
        case ..<0.64: .cosmicRay
        case ..<0.76: .badLine
        case ..<0.92: .neighbour
        default: .dipole
        }
    }

    /// White noise of variance 1, a pixel wider than the stamp on each side.
    private func whiteNoise(_ population: Population, index: Int) -> [Float] {
        // Step 1 of the counter: step 0 is what the scene is drawn from.
        let word = CounterBasedRandom.word(.simulation, detail: population.rawValue)
        let counter: [UInt32] = [0, UInt32(index), 1, word]
        let key = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)]
        let count = (height + 2) * (width + 2)
        return [Float](unsafeUninitializedCapacity: count) { out, initialized in
            standard_normals(counter, key, count, out.baseAddress!)
            initialized = count
        }
    }
}
