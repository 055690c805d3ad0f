import Optimizers
import Testing

/// Optimizers whose steps depend on norms, against their papers' formulas in double precision. (`KerasAgreementTests`
/// compare LAMB with Keras.)
@Suite struct TrustTests {
    private let parameters: [Float] = [0.5, -1.25, 2, 0.125, -0.75]
    private let gradients: [[Float]] = [
        [0.1, -0.2, 0.3, 0.05, 0], [-0.3, 0.2, 0.1, 0.4, -0.5], [0.2, 0.2, -0.1, 0, 1],
    ]

    private func norm(_ values: [some BinaryFloatingPoint]) -> Double {
        values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }

    private func run(_ optimizer: Optimizer, decay: Float?) -> [Float] {
        var values = parameters
        let states = (0..<2).map { _ in UnsafeMutablePointer<Float>.allocate(capacity: 5) }
        defer { states.forEach { $0.deallocate() } }
        for state in states { state.initialize(repeating: 0, count: 5) }
        for (index, gradient) in gradients.enumerated() {
            var direction = gradient
            optimizer.computeDirection(&direction, state: { states[$0] }, count: 5, step: index + 1)
            let trust = optimizer.trustRatio(weights: norm(values), direction: norm(direction), decay: decay)
            optimizer.apply(
                &values, direction: direction, state: { states[$0] }, count: 5, rate: Float(0.1 * trust),
                decay: decay ?? 0)
        }
        return values
    }

    @Test func larsStepsAreThoseOfItsPaper() {
        var (values, velocity) = (parameters.map(Double.init), [Double](repeating: 0, count: 5))
        for gradient in gradients.map({ $0.map(Double.init) }) {
            let rate = 0.1 * 0.02 * norm(values) / (norm(gradient) + 0.01 * norm(values))
            for index in 0..<5 {
                velocity[index] = 0.8 * velocity[index] - rate * (gradient[index] + 0.01 * values[index])
                values[index] += velocity[index]
            }
        }
        // Three steps in single precision.
        let result = run(.lars(momentum: 0.8, trust: 0.02), decay: 0.01)
        #expect(zip(result, values).allSatisfy { abs(Double($0) - $1) < 5e-7 })
    }

    @Test func lambStepsAreAsLongAsTheLearningRateTimesTheWeights() {
        var (values, m, v) = (
            parameters.map(Double.init), [Double](repeating: 0, count: 5), [Double](repeating: 0, count: 5)
        )
        var (left1, left2) = (1.0, 1.0)
        for gradient in gradients.map({ $0.map(Double.init) }) {
            (left1, left2) = (left1 * 0.9, left2 * 0.999)
            var direction = gradient
            for index in 0..<5 {
                m[index] = 0.9 * m[index] + 0.1 * gradient[index]
                v[index] = 0.999 * v[index] + 0.001 * gradient[index] * gradient[index]
                direction[index] = m[index] / (1 - left1) / ((v[index] / (1 - left2)).squareRoot() + 1e-7)
            }
            let rate = 0.1 * norm(values) / norm(direction)
            for index in 0..<5 { values[index] -= rate * direction[index] }
        }
        // Three steps in single precision, in which Keras rounds 0.999 as well.
        #expect(zip(run(.lamb(), decay: 0), values).allSatisfy { abs(Double($0) - $1) < 2e-5 })
    }

    @Test func arraysOfZerosAndThoseThatDoNotDecayTakePlainSteps() {
        #expect(Optimizer.lamb().trustRatio(weights: 0, direction: 3, decay: 0) == 1)
        #expect(Optimizer.lamb().trustRatio(weights: 3, direction: 0, decay: 0) == 1)
        #expect(Optimizer.lars().trustRatio(weights: 3, direction: 2, decay: nil) == 1)
    }
}
