import Faults
import StampSimulation
import Testing

/// How often each kind of stamp is made, and how a user says so.
struct KindSharesTests {
    /// The counts of 2,000 stamps of each class, against five standard deviations of a binomial count.
    private func expectShares(_ shares: KindShares<SimulatedStamp.Kind>, of expected: (SimulatedStamp.Kind) -> Double) {
        let small = StampSimulator(seed: 8, height: 7, width: 7, settings: SimulationSettings(kinds: shares))
        for population in StampSimulator.Population.allCases {
            var counts: [SimulatedStamp.Kind: Int] = [:]
            for index in 0..<2000 { counts[small.stamp(population, index: index).kind, default: 0] += 1 }
            for kind in SimulatedStamp.Kind.allCases where kind.population == population {
                let share = expected(kind)
                let deviation = (2000 * share * (1 - share)).squareRoot()
                #expect(abs(Double(counts[kind, default: 0]) - 2000 * share) <= 5 * deviation, "\(kind)")
            }
        }
    }

    @Test func standardSharesAreKeptAndEveryKindOccurs() {
        expectShares(.standard, of: KindShares<SimulatedStamp.Kind>.standard.share)
        #expect(SimulatedStamp.Kind.allCases.allSatisfy { KindShares.coadd.share(of: $0) >= 0.02 - 1e-9 })
        for population in StampSimulator.Population.allCases {
            let kinds = SimulatedStamp.Kind.allCases.filter { $0.population == population }
            #expect(abs(kinds.reduce(0) { $0 + KindShares.standard.share(of: $1) } - 1) < 1e-12)
        }
    }

    @Test func weightsAreNormalisedWithinTheirClassAndOthersStay() throws {
        let shares = try KindShares<SimulatedStamp.Kind>(parsing: "empty-sky=3,cosmic-ray=1,trail=0")
        expectShares(shares) { kind in
            switch kind {
            case .emptySky: 0.75
            case .cosmicRay: 0.25
            default: kind.population == .sources ? KindShares.standard.share(of: kind) : 0
            }
        }
        #expect(shares == KindShares([.emptySky: 30, .cosmicRay: 10]))
    }

    @Test func oneKindIsAllThatIsMade() throws {
        for kind in SimulatedStamp.Kind.allCases {
            let settings = SimulationSettings(kinds: try KindShares(parsing: "\(kind.rawValue)=0.1"))
            let small = StampSimulator(seed: 1, height: 9, width: 9, settings: settings)
            #expect((0..<50).allSatisfy { small.stamp(kind.population, index: $0).kind == kind })
        }
    }

    @Test(arguments: [
        ("", "a kind is missing"), ("empty-sky=1,", "a kind is missing"), ("emptysky=1", "no kind \"emptysky\""),
        ("empty-sky", "weight of empty-sky"), ("empty-sky=", "weight of empty-sky"), ("trail=-1", "weight of trail"),
        ("trail=nan", "weight of trail"), ("trail=inf", "weight of trail"), ("trail=1,trail=2", "named twice"),
        ("trail=0,blend=0", "are 0"), ("point-source=0", "are 0"), ("halo=1=2", "weight of halo"),
    ])
    func wrongWeightsAreNamedInOneLine(text: String, problem: String) throws {
        let fault = try #require(throws: Fault.self) { try KindShares<SimulatedStamp.Kind>(parsing: text) }
        #expect(fault.kind == .usage && fault.description.contains(problem))
        #expect(fault.description.hasPrefix("--kinds") && !fault.description.contains("\n"))
    }
}
