import Optimizers
import Testing

/// Optimizers against Keras' formulas in plain double precision.
@Suite struct OptimizerTests {
    /// Parameters, their optimizer's state, and the steps it takes.
    struct Run {
        var parameters: [Float]
        var state: [[Float]]
        let optimizer: Optimizer

        init(_ optimizer: Optimizer, parameters: [Float]) {
            self.optimizer = optimizer
            self.parameters = parameters
            state = optimizer.stateNames.map { _ in [Float](repeating: 0, count: parameters.count) }
        }

        /// One step on the parameters in `slice`, with memory of the slice alone.
        mutating func update(gradient: [Float], learningRate: Float, step: Int, slice: Range<Int>? = nil) {
            let slice = slice ?? 0..<parameters.count
            var part = Array(parameters[slice])
            let states = state.map { vector -> UnsafeMutablePointer<Float> in
                let memory = UnsafeMutablePointer<Float>.allocate(capacity: slice.count)
                memory.initialize(from: Array(vector[slice]), count: slice.count)
                return memory
            }
            optimizer.update(
                &part, gradient: Array(gradient[slice]), state: { states[$0] }, count: slice.count,
                learningRate: learningRate, step: step)
            parameters.replaceSubrange(slice, with: part)
            for (number, memory) in states.enumerated() {
                state[number].replaceSubrange(slice, with: UnsafeBufferPointer(start: memory, count: slice.count))
                memory.deallocate()
            }
        }
    }

    /// Keras' update of one parameter in double precision: `keras.optimizers.SGD` and `keras.optimizers.Adam`.
    struct KerasParameter {
        var value: Double
        var first = 0.0
        var second = 0.0

        mutating func update(_ optimizer: Optimizer, gradient g: Double, learningRate: Double, step: Int) {
            switch optimizer {
            case .sgd(let momentum, _) where momentum == 0:
                value -= learningRate * g
            case .sgd(let momentum, let nesterov):
                first = Double(momentum) * first - learningRate * g
                value += nesterov ? Double(momentum) * first - learningRate * g : first
            case .adam(let beta1, let beta2, let epsilon):
                var (power1, power2) = (1.0, 1.0)
                for _ in 0..<step { (power1, power2) = (power1 * Double(beta1), power2 * Double(beta2)) }
                first += (g - first) * (1 - Double(beta1))
                second += (g * g - second) * (1 - Double(beta2))
                let rate = learningRate * (1 - power2).squareRoot() / (1 - power1)
                value -= rate * first / (second.squareRoot() + Double(epsilon))
            case .lamb, .lars: preconditionFailure("TrustTests have them")
            }
        }
    }

    static let optimizers: [Optimizer] = [
        .sgd(), .sgd(momentum: 0, nesterov: true), .sgd(momentum: 0.9), .sgd(momentum: 0.9, nesterov: true), .adam(),
        .adam(beta1: 0.8, beta2: 0.95, epsilon: 1e-3),
    ]

    /// Numbers of both signs and several magnitudes, some of them zero.
    private func values(_ count: Int, _ seed: Int) -> [Float] {
        (0..<count).map { Float(($0 * 7919 + seed * 104_729) % 2003 - 1001) / (($0 + seed) % 3 == 0 ? 50_000 : 500) }
    }

    @Test(arguments: optimizers) func stepsAreThoseOfKeras(_ optimizer: Optimizer) {
        let count = 101
        var run = Run(optimizer, parameters: values(count, 1))
        var expected = run.parameters.map { KerasParameter(value: Double($0)) }
        for step in 1...30 {
            let gradient = values(count, step + 1)
            let learningRate: Float = step <= 15 ? 0.01 : 0.005
            run.update(gradient: gradient, learningRate: learningRate, step: step)
            for index in 0..<count {
                expected[index].update(
                    optimizer, gradient: Double(gradient[index]), learningRate: Double(learningRate), step: step)
            }
        }
        for (value, reference) in zip(run.parameters, expected) {
            // Thirty steps, each rounded by 6e-8 of a parameter of at most 2, and the steps' own relative error of
            // 1e-6.
            #expect(abs(Double(value) - reference.value) <= 5e-6)
        }
    }

    @Test(arguments: optimizers) func slicesGiveTheSameBitsAsTheWhole(_ optimizer: Optimizer) {
        let count = 203
        var whole = Run(optimizer, parameters: values(count, 3))
        var sliced = whole
        for step in 1...5 {
            let gradient = values(count, step + 10)
            whole.update(gradient: gradient, learningRate: 0.02, step: step)
            for slice in [0..<1, 1..<18, 18..<82, 82..<82, 82..<203] {
                sliced.update(gradient: gradient, learningRate: 0.02, step: step, slice: slice)
            }
        }
        #expect(sliced.parameters.map(\.bitPattern) == whole.parameters.map(\.bitPattern))
        #expect(sliced.state.map { $0.map(\.bitPattern) } == whole.state.map { $0.map(\.bitPattern) })
    }

    @Test func stateIsNamedAsInKeras() {
        #expect(Optimizer.sgd().stateNames == [])
        #expect(Optimizer.sgd(momentum: 0.9).stateNames == ["momentum"])
        #expect(Optimizer.adam().stateNames == ["first_moment", "second_moment"])
    }

    /// Adam's first step has the learning rate's length whatever the gradient's is: the bias correction at t = 1.
    @Test(arguments: [1e-3, 1, 1000] as [Float]) func adamsFirstStepHasTheLearningRatesLength(scale: Float) {
        var run = Run(.adam(), parameters: [0, 0])
        run.update(gradient: [scale, -scale], learningRate: 0.001, step: 1)
        // ε = 1e-7 beside √v = √(1 − β₂)·g ≥ 3e-5 shortens the step by up to 0.3 %.
        #expect(abs(run.parameters[0] + 0.001) <= 4e-6 && abs(run.parameters[1] - 0.001) <= 4e-6)
    }

    /// The correction is a power by squaring: far steps must not lose the factor.
    @Test func adamsCorrectionVanishesAfterManySteps() {
        var run = Run(.adam(), parameters: [1])
        run.state = [[0.5], [0.25]]
        run.update(gradient: [0.5], learningRate: 0.01, step: 1_000_000)
        // m = 0.5, v = 0.25: the step is 0.01·0.5/(0.5 + 1e-7).
        #expect(abs(run.parameters[0] - 0.99) <= 1e-7)
    }

    @Test(arguments: optimizers) func notANumberReachesTheParameters(_ optimizer: Optimizer) {
        var run = Run(optimizer, parameters: [1, 1])
        run.update(gradient: [.nan, 1], learningRate: 0.01, step: 1)
        #expect(run.parameters[0].isNaN && run.parameters[1].isFinite)
    }
}
