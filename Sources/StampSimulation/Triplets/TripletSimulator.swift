import Tensors

/// Makes triplets like those of a survey that subtracts a reference from each exposure: cut-outs of science, reference
/// and difference, a pure function of (seed, class, index) as ``StampSimulator`` makes stamps.
///
/// **Sources** (class 1) have new light near the centre: in science and difference, and not in the reference, which
/// may show a galaxy, a neighbour, or the fainter star itself. **Noise** (class 0) is what such surveys mistake for
/// it: flaws of one image, and imperfect subtraction.
///
/// The reference is deeper and of another seeing. Both images show the same stars and galaxies; the difference is
/// computed from their pixels with a matching kernel that has errors (`TripletSeeing`), so that noise, artefacts and
/// residuals are in it what they would be.
///
/// ``SimulatedTriplet/Kind`` lists the kinds of both classes, ``TripletSettings`` their shares and the ranges.
public struct TripletSimulator: Hashable, Simulator {
    public let seed: UInt64
    public let height: Int
    public let width: Int
    public let settings: TripletSettings

    public init(seed: UInt64, height: Int = 63, width: Int = 63, settings: TripletSettings = TripletSettings()) {
        precondition(
            min(height, width) >= StampSimulator.smallestSize, "stamps of \(height)×\(width) pixels hold no source")
        self.seed = seed
        self.height = height
        self.width = width
        self.settings = settings
    }

    public var stampShape: [Int] { [height, width, 3] }

    public func make(
        _ population: StampSimulator.Population, index: Int
    ) -> (values: [Float], truth: SimulatedTruth<SimulatedTriplet.Kind>) {
        let (canvas, truth) = canvas(population, index: index)
        return (images(canvas, population, index: index).interleaved, truth)
    }

    /// Triplet `index` of a class with everything it was made from.
    ///
    /// - Parameter index: 0 ..< 2³².
    public func triplet(_ population: StampSimulator.Population, index: Int) -> SimulatedTriplet {
        let (canvas, truth) = canvas(population, index: index)
        return SimulatedTriplet(
            truth: truth, conditions: canvas.conditions, source: canvas.images(ofSource: canvas.source),
            artefacts: canvas.imagesOfArtefacts(),
            noiseless: canvas.images(white: nil), pixels: images(canvas, population, index: index))
    }

    /// Triplets and one-channel stamps of one seed share no random numbers.
    private func detail(_ population: StampSimulator.Population) -> Int { 2 + population.rawValue }

    private func canvas(
        _ population: StampSimulator.Population, index: Int
    ) -> (canvas: TripletCanvas, truth: SimulatedTruth<SimulatedTriplet.Kind>) {
        precondition(UInt32(exactly: index) != nil, "index \(index) does not fit into 32 bits")
        var random = CounterBasedRandom(seed: seed).stream(.simulation, detail: detail(population), sample: index)
        let kind = settings.kinds.kind(of: population, at: random.uniformFloat())
        let errors = TripletSeeing.Errors(&random, kind)
        let seeing = TripletSeeing(&random, fullWidths: settings.fullWidths, errors: errors)
        let conditions = TripletConditions(&random, height: height, width: width, seeing: seeing)
        var canvas = TripletCanvas(
            height: height, width: width, conditions: conditions,
            // Half a pixel more than of single stamps: the difference's residuals reach farther.
            clearRadius: settings.largestOffset + TripletSettings.gap + 0.5)
        var signalToNoise: Float = 0, offset = SIMD2<Float>.zero
        switch population {
        case .sources:
            let range = settings.signalToNoise
            signalToNoise =
                kind == .saturatedTransient
                ? random.logUniform((range.lowerBound * range.upperBound).squareRoot(), range.upperBound)
                : random.powerLaw(range, slope: settings.signalToNoiseSlope)
            offset = settings.largestOffset * SIMD2(random.sourceOffset(), random.sourceOffset())
            canvas.drawSource(kind, signalToNoise: signalToNoise, offset: offset, &random)
        case .noise: canvas.drawNoise(kind, &random)
        }
        let truth = SimulatedTruth(
            kind: kind, fullWidthHalfMaximum: seeing.scienceWidth, signalToNoise: signalToNoise, offset: offset)
        return (canvas, truth)
    }

    private func images(
        _ canvas: TripletCanvas, _ population: StampSimulator.Population, index: Int
    ) -> TripletChannels {
        func white(_ step: Int) -> [Float] {
            // Step 0 of the counter is what the scene is drawn from.
            CounterBasedRandom(seed: seed).whiteNoise(
                .simulation, detail: detail(population), step: step, sample: index, count: canvas.light.pixels.count)
        }
        return canvas.images(white: (science: white(1), reference: white(2)))
    }
}

extension RandomStream {
    /// Along an axis, in units of the largest offset: of a pixel, anywhere within the central one, and up to half a
    /// pixel of error of the position that was cut out.
    fileprivate mutating func sourceOffset() -> Float { uniform(-0.5, 0.5) + uniform(-0.5, 0.5) }
}
