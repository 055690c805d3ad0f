import Metrics
import Testing

/// Three models, as numpy combines them: `median(axis=0)` and `max(axis=0)`, divided by the sums of the rows.
@Suite struct ProbabilityCombinationTests {
    private static let models: [[Double]] = [
        [0.5, 0.25, 0.25, 1, 0, 0], [0.125, 0.75, 0.125, 0, 1, 0], [0.25, 0.5, 0.25, 0, 0, 1],
    ]

    @Test func classesAreCombinedOneByOne() {
        func combined(_ rule: ProbabilityCombination) -> [Float] { rule.combine(Self.models, columns: 3) }
        let third = Float(1) / 3
        #expect(
            combined(.mean) == [Float(0.875 / 3), 0.5, Float(0.625 / 3), third, third, third])
        // All medians of the second sample are 0: there the mean stands.
        #expect(combined(.median) == [0.25, 0.5, 0.25, third, third, third])
        #expect(
            combined(.max) == [Float(0.5 / 1.5), 0.5, Float(0.25 / 1.5), third, third, third])
    }

    /// Of an even number the mean of the middle two; of two classes the first is one minus the second.
    @Test(arguments: [1, 2]) func twoClassesAddUpToOne(columns: Int) {
        let seconds: [[Double]] = [[0.25, 0.875], [0.5, 0.75], [0.125, 0.75], [0.375, 0.25]]
        let models = columns == 1 ? seconds : seconds.map { $0.flatMap { [1 - $0, $0] } }
        for (rule, expected) in [
            (ProbabilityCombination.mean, [0.3125, 0.65625]), (.median, [0.3125, 0.75]),
            (.max, [0.5 / (0.5 + 0.875), 0.875 / (0.875 + 0.75)]),
        ] as [(ProbabilityCombination, [Double])] {
            #expect(
                rule.combine(models, columns: columns)
                    == expected.flatMap { columns == 1 ? [Float($0)] : [Float(1 - $0), Float($0)] })
        }
    }

    @Test func whatIsNoNumberStaysSo() {
        for rule in ProbabilityCombination.allCases {
            let found = rule.combine([[.nan, .nan, 0.5, 0.5], [0.25, 0.75, 0.5, 0.5]], columns: 2)
            #expect(found[0].isNaN && found[1].isNaN && found[2] == 0.5 && found[3] == 0.5)
        }
        // One model's word stands as it is.
        #expect(ProbabilityCombination.max.combine([[0.1, 0.8]], columns: 2) == [0.1, 0.8])
    }
}
