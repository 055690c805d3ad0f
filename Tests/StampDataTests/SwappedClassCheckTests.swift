import StampData
import StampSimulation
import Testing

struct SwappedClassCheckTests {
    private let simulator = StampSimulator(seed: 77)

    /// What is found of `sources` and `noise` stamps of the simulator, exchanged or not.
    private func finding(sources: Int, noise: Int, exchanged: Bool, scale: Double = 1) -> SwappedClassCheck.Finding {
        var check = SwappedClassCheck(height: 21, width: 21)
        for index in 0..<sources {
            check.add(simulator.source(index: index).pixels.map { scale * Double($0) }, isSource: !exchanged)
        }
        for index in 0..<noise {
            check.add(simulator.noise(index: index).pixels.map { scale * Double($0) }, isSource: exchanged)
        }
        return check.finding
    }

    @Test func rightWayRoundIsSilent() { #expect(finding(sources: 200, noise: 200, exchanged: false) == .plausible) }

    @Test(arguments: [1, 1e-6, 1e9])
    func exchangedClassesFireAtAnyScale(scale: Double) {
        guard
            case .swapped(let share, let significance) = finding(
                sources: 200, noise: 150, exchanged: true, scale: scale)
        else {
            Issue.record("silent")
            return
        }
        // Neither hopeless nor free of false positives.
        #expect(share > 0.93 && share < 0.999)
        #expect(significance > 10)
    }

    @Test(arguments: [(0, 0), (0, 50), (50, 0), (1, 1), (4, 4), (3, 200)])
    func smallSetsAreSilent(sources: Int, noise: Int) {
        #expect(finding(sources: sources, noise: noise, exchanged: true) == .plausible)
    }

    @Test func twoSetsOfOneKindAreSilent() {
        var check = SwappedClassCheck(height: 21, width: 21)
        for index in 0..<300 {
            check.add(simulator.noise(index: index).pixels.map(Double.init), isSource: index % 2 == 0)
        }
        #expect(check.finding == .plausible)
    }

    @Test func stampsThatSayNothingAreLeftOut() {
        var check = SwappedClassCheck(height: 3, width: 3)
        for _ in 0..<500 {
            check.add([1, 1, 1, 1, 9, 1, 1, 1, 1], isSource: false)
            check.add([1, 2, 3, 4, .nan, 6, 7, 8, 9], isSource: false)
            check.add([9, 8, 7, 6, 5, 4, 3, 2, 1], isSource: true)
        }
        #expect(check.finding == .plausible)
    }

    /// m = n stamps with all noise above all sources: U = n², deviation √(n² (2n + 1) / 12).
    @Test func significanceIsMannAndWhitneys() {
        // A row of 13 pixels of which the central three exceed all others, or fall below all.
        func stamp(_ centre: Double) -> [Double] { [-5, -4, -3, -2, -1, centre, centre, centre, 1, 2, 3, 4, 5] }
        var check = SwappedClassCheck(height: 1, width: 13)
        for index in 0..<40 {
            check.add(stamp(6 + Double(index) / 100), isSource: false)
            check.add(stamp(-6 - Double(index) / 100), isSource: true)
        }
        guard case .swapped(let share, let significance) = check.finding else {
            Issue.record("silent")
            return
        }
        #expect(share == 1)
        #expect(abs(significance - 800 / (1600.0 * 81 / 12).squareRoot()) < 1e-9)
    }

    @Test func sampleIsEvenlySpacedAndNeverLargerThanTheLimit() {
        #expect(SwappedClassCheck.indices(among: 0).isEmpty)
        #expect(SwappedClassCheck.indices(among: 5) == [0, 1, 2, 3, 4])
        #expect(SwappedClassCheck.indices(among: 10, limit: 4) == [0, 2, 5, 7])
        let many = SwappedClassCheck.indices(among: 109_523)
        #expect(many.count == 1000 && many.last! < 109_523 && many.last! > 109_000)
    }
}
