import Tensors

/// Makes stamps like those of a search for point sources in single exposures, co-adds and difference images: a pure
/// function of (seed, class, index), so that any stamp can be made alone, in any order and on any thread.
///
/// **Sources** (class 1) hold a point source of log-uniform signal-to-noise ratio from 3 to 300. Half of them lie at
/// most 0.7 pixels from the centre along each axis (uniform within the central pixel, and up to 0.2 pixels of error of
/// the orbit), the others at most 1.5 pixels, or another ``SurveySettings/largestOffset``, and at most a pixel more in
/// all: seven of ten are within a pixel. Neighbours, flaws and masked pixels keep away from the centre.
///
/// **Noise** (class 0) is empty sky, and a survey's false positives. Nothing that looks like a point source has its
/// centre within 3.5 pixels of the stamp's, two more than the largest offset; only co-adds along a moving trajectory
/// (``SurveySettings/exposures``) may show one dot of several there.
///
/// ``MatchedFilter`` separates the classes of the usual mixture with a ROC area of 0.85, and sources from empty sky
/// alone with 0.99: what a network can gain lies in the false positives.
///
/// ``SimulatedStamp/Kind`` lists the kinds of both classes, ``SimulationSettings`` their shares and the ranges.
///
/// The same seed and settings give the same bits on every x86-64 machine.
public struct StampSimulator: Hashable, Simulator {
    /// The two classes; the raw value is the class's number.
    public enum Population: Int, CaseIterable, Hashable, Sendable {
        case noise = 0
        case sources = 1
    }

    /// The smallest height and width that hold a source and its surroundings.
    public static let smallestSize = 7

    public let seed: UInt64
    public let height: Int
    public let width: Int
    public let settings: SimulationSettings
    /// What some or all stamps are drawn on; nil for simulated skies alone.
    public let realSky: RealSky?

    public init(
        seed: UInt64, height: Int = 21, width: Int = 21, settings: SimulationSettings = SimulationSettings(),
        realSky: RealSky? = nil
    ) {
        precondition(min(height, width) >= Self.smallestSize, "stamps of \(height)×\(width) pixels hold no source")
        self.seed = seed
        self.height = height
        self.width = width
        self.settings = settings
        self.realSky = realSky
    }

    /// Stamp `index` of the class of sources.
    public func source(index: Int) -> SimulatedStamp { stamp(.sources, index: index) }

    /// Stamp `index` of the class of noise.
    public func noise(index: Int) -> SimulatedStamp { stamp(.noise, index: index) }

    /// Stamp `index` of a class.
    public func stamp(_ population: Population, index: Int) -> SimulatedStamp {
        let scene = scene(population, index: index)
        var truth = SimulatedStamp.Truth(
            kind: scene.kind, fullWidthHalfMaximum: scene.pointSpread.fullWidthHalfMaximum,
            signalToNoise: scene.signalToNoise, offset: scene.offset)
        truth.realSky = scene.realSky
        return SimulatedStamp(pixels: scene.pixels, truth: truth)
    }

    public var stampShape: [Int] { [height, width] }

    public func make(
        _ population: Population, index: Int
    ) -> (values: [Float], truth: SimulatedTruth<SimulatedStamp.Kind>) {
        let stamp = stamp(population, index: index)
        return (stamp.pixels, stamp.truth)
    }

    /// Stamp `index` of a class with everything it was made from.
    ///
    /// - Parameter index: 0 ..< 2³².
    public func scene(_ population: Population, index: Int) -> SimulatedScene {
        precondition(UInt32(exactly: index) != nil, "index \(index) does not fit into 32 bits")
        var random = CounterBasedRandom(seed: seed).stream(.simulation, detail: population.rawValue, sample: index)
        let kind = settings.kinds.kind(of: population, at: random.uniformFloat())
        let drawn = PointSpreadFunction(&random, fullWidths: settings.fullWidths)
        let pointSpread = settings.pointSpread ?? drawn
        let resampling = Resampling(
            &random, fullWidthHalfMaximum: pointSpread.fullWidthHalfMaximum, exposures: settings.exposures)
        var sky = Sky(&random, height: height, width: width, resampling: resampling)
        let real = realSky?.backdrop(population, index: index, height: height, width: width, seed: seed)
        if let backdrop = real?.backdrop { sky = sky.replaced(level: backdrop.level, sigma: backdrop.sigma) }
        var canvas = Canvas(
            height: height, width: width, sky: sky, pointSpread: pointSpread,
            clearRadius: settings.largestOffset + SimulationSettings.gap,
            isAlongTrajectory: settings.exposures != nil, backdrop: real?.backdrop)
        var signalToNoise: Float = 0, offset = SIMD2<Float>.zero, trail = SIMD2<Float>.zero
        switch population {
        case .sources:
            signalToNoise = self.signalToNoise(of: kind, &random)
            offset = self.offset(&random)
            trail = canvas.drawSource(kind, signalToNoise: signalToNoise, offset: offset, &random)
        case .noise: canvas.drawNoise(kind, &random)
        }
        let source = canvas.source.withoutBorder, background = canvas.background()
        let white = (0..<resampling.exposures).map { exposure in
            // Step 0 of the counter is what the scene is drawn from.
            CounterBasedRandom(seed: seed).whiteNoise(
                .simulation, detail: population.rawValue, step: 1 + exposure, sample: index,
                count: (height + 2) * (width + 2))
        }
        return SimulatedScene(
            kind: kind, signalToNoise: signalToNoise, offset: offset, realSky: real?.use(offset), trail: trail,
            pointSpread: pointSpread, sky: sky, source: source, background: background,
            pixels: canvas.pixels(source: source, background: background, white: white))
    }

    private func signalToNoise(of kind: SimulatedStamp.Kind, _ random: inout RandomStream) -> Float {
        let range = settings.signalToNoise
        guard kind == .saturatedSource else {
            return random.powerLaw(range, slope: settings.signalToNoiseSlope)
        }
        return random.logUniform((range.lowerBound * range.upperBound).squareRoot(), range.upperBound)
    }

    private func offset(_ random: inout RandomStream) -> SIMD2<Float> {
        let largest = settings.largestOffset
        guard random.happens(0.5) else {
            let central =
                SIMD2(random.uniform(-0.5, 0.5), random.uniform(-0.5, 0.5))
                + SIMD2(random.uniform(-0.2, 0.2), random.uniform(-0.2, 0.2))
            return min(largest / 0.7, 1) * central
        }
        while true {
            let offset = largest * SIMD2(random.uniform(-1, 1), random.uniform(-1, 1))
            // The corners of a large square would be nearer to the neighbours than to the centre.
            if (offset * offset).sum() <= (largest + 1) * (largest + 1) { return offset }
        }
    }
}
