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
            "Least and largest signal-to-noise ratio of the sources, log-uniform. (default: 3,300, of triplets 5,1000)",
            valueName: "low,high"))
    var snr: String?

    /// The simulator that the options make.
    ///
    /// - Throws: a `usage` fault.
    func simulator(seed: UInt64, size: Int) throws -> any Simulator {
        switch channels {
        case .single:
            var settings = SimulationSettings()
            try set(&settings.kinds, &settings.fullWidths, &settings.signalToNoise)
            return StampSimulator(seed: seed, height: size, width: size, settings: settings)
        case .triplet:
            var settings = TripletSettings()
            try set(&settings.kinds, &settings.fullWidths, &settings.signalToNoise)
            return TripletSimulator(seed: seed, height: size, width: size, settings: settings)
        }
    }

    private func set<Kind>(
        _ shares: inout KindShares<Kind>, _ fullWidths: inout ClosedRange<Float>,
        _ signalToNoise: inout ClosedRange<Float>
    ) throws {
        if let kinds { shares = try KindShares(parsing: kinds) }
        if let fwhm { fullWidths = try Self.range("--fwhm", fwhm, within: 1...100, example: "1.5,6") }
        if let snr { signalToNoise = try Self.range("--snr", snr, within: 0.1...100_000, example: "3,300") }
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
                let share = KindShares.standard.share(of: kind)
                return "  \(kind.rawValue)=\((share * 100).rounded() / 100): \(kind.summary)"
            }
            return "Kinds of the class of \(population)\(`where`), with their usual shares:\n"
                + lines.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }
}
