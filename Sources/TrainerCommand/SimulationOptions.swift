import ArgumentParser
import Faults
import StampSimulation

/// The images that a simulated cut-out consists of.
enum SimulatedChannels: String, CaseIterable, ExpressibleByArgument {
    case single, triplet
}

/// What a simulated survey is like.
struct SimulationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Images of each stamp: single, or triplet: science, reference and difference, an axis of three behind \
            height and width.
            """,
            valueName: "name"))
    var channels = SimulatedChannels.single

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            Kinds of stamps with their weights, for instance empty-sky=0.5,cosmic-ray=0.1. A class none of whose kinds \
            is named keeps its usual shares.
            """,
            valueName: "kind=weight,…"))
    var kinds: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Least and largest full width at half maximum of point sources in pixels. (default: 1.5,6)",
            valueName: "low,high"))
    var fwhm: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Least and largest signal-to-noise ratio of the sources. (default: 3,300, of triplets 5,1000)",
            valueName: "low,high"))
    var snr: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The density of ratios x is x^(-1-A): 0 is log-uniform, larger ones have more faint sources.",
            valueName: "a"))
    var snrSlope: Float = 0

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            How far off the centre a source may lie along each axis, in pixels; a star more than two pixels farther away \
            is noise. (default: 1.5, of triplets 1)
            """,
            valueName: "pixels"))
    var maxOffset: Float?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            Stamps are co-added along a moving trajectory from so many exposures, or from a number between two bounds; \
            --snr is that of the co-add.
            """,
            valueName: "low,high"))
    var exposures: String?

    /// The simulator that the options make.
    ///
    /// - Throws: a `usage` fault.
    func simulator(seed: UInt64, size: Int, realSky: RealSkyOptions) throws -> any Simulator {
        switch channels {
        case .single:
            var settings = SimulationSettings()
            settings.exposures = try exposureBounds()
            try set(&settings, size: size)
            try realSky.set(&settings, fwhm: fwhm)
            return StampSimulator(
                seed: seed, height: size, width: size, settings: settings,
                realSky: try realSky.sky(size: size, settings: settings))
        case .triplet:
            var settings = TripletSettings()
            if let option = exposures == nil ? realSky.firstOption : "--exposures" {
                throw Fault(
                    .usage, option, "is for single stamps, not for triplets",
                    remedy: "leave it out, or --channels triplet")
            }
            try set(&settings, size: size)
            return TripletSimulator(seed: seed, height: size, width: size, settings: settings)
        }
    }

    private func set<Kind>(_ settings: inout SurveySettings<Kind>, size: Int) throws {
        let usual = settings.exposures == nil ? Kind.standardWeights : Kind.coaddWeights
        settings.kinds = try kinds.map { try KindShares(parsing: $0, usual: usual) } ?? KindShares([:], usual: usual)
        if let fwhm { settings.fullWidths = try Self.range("--fwhm", fwhm, within: 1...100, example: "1.5,6") }
        if let snr {
            settings.signalToNoise = try Self.range("--snr", snr, within: 0.1...100_000, example: "3,300")
        }
        guard (-5...5).contains(snrSlope) else {
            throw Fault(
                .usage, "--snr-slope \(snrSlope)", "must be from -5 to 5", remedy: "use, for instance, 0.5")
        }
        settings.signalToNoiseSlope = snrSlope
        if let maxOffset {
            let largest = Float(size) / 2 - SurveySettings<Kind>.gap
            guard (0...largest).contains(maxOffset) else {
                throw Fault(
                    .usage, "--max-offset \(maxOffset)",
                    "must be from 0 to \(largest) in stamps of \(size) pixels, so that neighbours are inside",
                    remedy: "use, for instance, \(Kind.usualLargestOffset)")
            }
            settings.largestOffset = maxOffset
        }
    }

    private func exposureBounds() throws -> ClosedRange<Int>? {
        guard let exposures else { return nil }
        let bounds = exposures.split(separator: ",", omittingEmptySubsequences: false).map { Int(String($0)) }
        guard (1...2).contains(bounds.count), let low = bounds[0], let high = bounds[bounds.count - 1],
            1...100 ~= low, low...100 ~= high
        else {
            throw Fault(
                .usage, "--exposures \(exposures)",
                "must be a whole number from 1 to 100, or two of them, the smaller one first",
                remedy: "use, for instance, 20 or 10,40")
        }
        return low...high
    }

    private static func range(
        _ option: String, _ text: String, within limits: ClosedRange<Float>, example: String
    ) throws -> ClosedRange<Float> {
        let bounds = text.split(separator: ",", omittingEmptySubsequences: false).map { Float(String($0)) }
        guard bounds.count == 2, let low = bounds[0], let high = bounds[1], low <= high, limits.contains(low),
            limits.contains(high)
        else {
            throw Fault(
                .usage, "\(option) \(text)",
                "must be two numbers from \(limits.lowerBound) to \(limits.upperBound), the smaller one first",
                remedy: "use, for instance, \(example)")
        }
        return low...high
    }

    /// One line for each kind: its share and what it shows.
    static var listOfKinds: String {
        list(of: SimulatedStamp.Kind.self, adding: "") + "\n\n"
            + list(of: SimulatedTriplet.Kind.self, adding: " in triplets (--channels triplet)")
    }

    private static func list<Kind: SimulatedKind>(of: Kind.Type, adding where: String) -> String {
        StampSimulator.Population.allCases.reversed().map { population in
            let kinds = Kind.allCases.filter { $0.population == population }
            let lines = kinds.map { kind in
                func share(_ shares: KindShares<Kind>) -> Double { (shares.share(of: kind) * 100).rounded() / 100 }
                let usual = share(.standard), ofCoadds = share(.coadd)
                let note = usual == ofCoadds ? "" : " (\(ofCoadds) with --exposures)"
                return "  \(kind.rawValue)=\(usual)\(note): \(kind.summary)"
            }
            return "Kinds of the class of \(population)\(`where`), with their usual shares:\n"
                + lines.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }
}
