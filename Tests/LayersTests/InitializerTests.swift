import Layers
import Tensors
import Testing

/// First weights have the distribution that is asked for.
@Suite struct InitializerTests {
    private func drawn(
        _ initializer: ParameterSpecification.Initializer, _ shape: Shape, seed: UInt64 = 1
    ) -> [Double] {
        var values = [Float](repeating: .nan, count: shape.count)
        ParameterSpecification("kernel", shape, initializer).initialize(
            &values, from: CounterBasedRandom(seed: seed).stream(.initialWeights))
        return values.map(Double.init)
    }

    private func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        return (mean, variance.squareRoot())
    }

    /// Means and deviations within five of their standard errors; none of the fourth moments used here is larger than
    /// that of a normal distribution.
    private func expectMoments(_ values: [Double], mean: Double, deviation: Double) {
        let found = moments(values)
        let error = 5 * deviation / Double(values.count).squareRoot()
        #expect(abs(found.mean - mean) < error, "mean \(found.mean)")
        #expect(abs(found.deviation - deviation) < error, "deviation \(found.deviation)")
    }

    @Test func uniformNumbersFillTheirRange() {
        let values = drawn(.uniform(from: -1, to: 3), [200, 200])
        expectMoments(values, mean: 1, deviation: 4 / 12.squareRoot())
        #expect(values.min()! >= -1 && values.min()! < -0.99 && values.max()! <= 3 && values.max()! > 2.99)
    }

    @Test func normalNumbersHaveTails() {
        let values = drawn(.normal(mean: 2, deviation: 0.5, isTruncated: false), [200, 201])
        expectMoments(values, mean: 2, deviation: 0.5)
        // Beyond two deviations lie 4.55 % of a normal distribution.
        let share = Double(values.count { abs($0 - 2) > 1 }) / Double(values.count)
        #expect(abs(share - 0.0455) < 0.005)
    }

    @Test func truncatedNumbersEndAtTwoDeviations() {
        let values = drawn(.normal(mean: 2, deviation: 0.5, isTruncated: true), [200, 201])
        expectMoments(values, mean: 2, deviation: 0.5 * 0.87962566103423978)
        let furthest = values.map { abs($0 - 2) }.max()!
        #expect(furthest <= 1.000001 && furthest > 0.99)
    }

    @Test(arguments: [[12, 5], [5, 12], [3, 3, 2, 7], [1, 1, 2, 9], [4, 4]] as [Shape])
    func orthogonalMatricesAreOrthogonal(shape: Shape) {
        let columns = shape.extents.last!
        let rows = shape.count / columns
        let matrix = drawn(.orthogonal(gain: 3), shape)
        let (count, length) = (min(rows, columns), max(rows, columns))
        func value(_ vector: Int, _ place: Int) -> Double {
            rows >= columns ? matrix[place * columns + vector] : matrix[vector * columns + place]
        }
        for one in 0..<count {
            for other in 0...one {
                let product = (0..<length).reduce(0) { $0 + value(one, $1) * value(other, $1) }
                #expect(abs(product - (one == other ? 9 : 0)) < 1e-5)
            }
        }
    }

    @Test func theIdentityIsOneOnItsDiagonal() {
        #expect(drawn(.identity(gain: 2), [2, 3]) == [2, 0, 0, 0, 2, 0])
        #expect(drawn(.identity(gain: 1), [3, 2]) == [1, 0, 0, 1, 0, 0])
    }

    @Test func theSameSeedGivesTheSameNumbers() {
        for initializer: ParameterSpecification.Initializer in [
            .normal(mean: 0, deviation: 1, isTruncated: true), .orthogonal(gain: 1), .uniform(from: 0, to: 1),
        ] {
            #expect(drawn(initializer, [6, 7]) == drawn(initializer, [6, 7]))
            #expect(drawn(initializer, [6, 7]) != drawn(initializer, [6, 7], seed: 2))
        }
    }
}
