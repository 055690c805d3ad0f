import CKernels

/// The update of optimizers whose steps are as long as the norms of whole arrays of parameters say.
extension Optimizer {
    /// Turns gradients into the direction of the step, in place, and remembers what the optimizer remembers.
    ///
    /// - Parameters: as those of `update`.
    public func direct(
        _ gradient: UnsafeMutablePointer<Float>, state: (Int) -> UnsafeMutablePointer<Float>, count: Int, step: Int
    ) {
        guard case .lamb(let beta1, let beta2, let epsilon) = self else { return }
        let corrections = [beta1, beta2].map { Float(1 / (1 - Self.power(Double(Float($0)), step))) }
        lamb_direction(
            gradient, state(0), state(1), count, Float(1 - beta1), Float(1 - beta2), corrections[0], corrections[1],
            epsilon)
    }

    /// By how much an array's step is longer than the learning rate says; 1 where a norm is zero.
    ///
    /// - Parameters:
    ///   - weights: the norm of the array's parameters.
    ///   - direction: the norm of its direction.
    ///   - decay: its weight decay; nil where it does not decay.
    public func trust(weights: Double, direction: Double, decay: Float?) -> Double {
        guard weights > 0, direction > 0 else { return 1 }
        switch self {
        case .sgd, .adam: return 1
        case .lamb: return weights / direction
        case .lars(_, let trust):
            guard let decay else { return 1 }
            return Double(trust) * weights / (direction + Double(decay) * weights)
        }
    }

    /// Takes the step in its direction.
    ///
    /// - Parameters:
    ///   - rate: the learning rate times the array's trust.
    ///   - decay: LARS' weight decay, 0 where there is none.
    public func apply(
        _ parameters: UnsafeMutablePointer<Float>, direction: UnsafePointer<Float>,
        state: (Int) -> UnsafeMutablePointer<Float>, count: Int, rate: Float, decay: Float
    ) {
        if case .lars(let momentum, _) = self {
            lars_update(parameters, direction, state(0), count, rate, momentum, decay)
        } else {
            sgd_update(parameters, direction, count, rate)
        }
    }
}
