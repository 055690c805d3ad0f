import Metrics
import TestSupport
import Testing

@Suite struct WilsonIntervalTests {
    @Test func intervalsOfOneStandardDeviationEqualScipy() throws {
        let cases = try ReferenceValues.json([[Double]].self, "figures/wilson")
        for values in cases {
            let interval = WilsonInterval(successes: Int(values[0]), trials: Int(values[1]), deviations: 1)
            #expect(interval.share == values[0] / values[1])
            // scipy finds its z from a probability: some more roundings.
            #expect(abs(interval.lower - values[2]) < 1e-12 && abs(interval.upper - values[3]) < 1e-12)
        }
        #expect(cases.count == 6)
    }

    @Test func moreDeviationsAreAWiderInterval() {
        let one = WilsonInterval(successes: 3, trials: 10, deviations: 1)
        let two = WilsonInterval(successes: 3, trials: 10)
        #expect(two.lower < one.lower && one.upper < two.upper)
        // As E. B. Wilson's formula is tabulated: 3 of 10 are 0.1078 to 0.6032 at 95 %.
        #expect(abs(two.lower - 0.1078) < 5e-5 && abs(two.upper - 0.6032) < 5e-5)
    }
}
