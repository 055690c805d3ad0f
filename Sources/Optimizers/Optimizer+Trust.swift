import CKernels

/// The update of optimizers whose step lengths depend on the norms of whole arrays of parameters.
extension Optimizer {
    /// Turns gradients into the direction of the step, in place, and updates the optimizer's state.
    ///
    /// - Parameters: as those of `update`.
    public func computeDirection(
        _ gradient: UnsafeMutablePointer<Float>, state: (Int) -> UnsafeMutablePointer<Float>, count: Int, step: Int
    ) {
        guard case .lamb(let beta1, let beta2, let epsilon) = self else { return }
        let corrections = [beta1, beta2].map { Float(1 / (1 - Self.power(Double(Float($0)), step))) }
        lamb_direction(
            gradient, state(0), state(1), count, Float(1 - beta1), Float(1 - beta2), corrections[0], corrections[1],
            epsilon)
    }

    /// The trust ratio: what an array's learning rate is multiplied by; 1 where a norm is zero.
    ///
    /// - Parameters:
    ///   - weights: the norm of the array's parameters.
    ///   - direction: the norm of its direction.
    ///   - decay: its weight decay; nil if it does not decay.
    public func trustRatio(weights: Double, direction: Double, decay: Float?) -> Double {
        guard weights > 0, direction > 0 else { return 1 }
        switch self {
        case .sgd, .adam: return 1
        case .lamb: return weights / direction
        case .lars(_, let trust):
            guard let decay else { return 1 }
            return Double(trust) * weights / (direction + Double(decay) * weights)
        }
    }

    /// Takes the step in the computed direction.
    ///
    /// - Parameters:
    ///   - rate: the learning rate times the array's trust ratio.
    ///   - decay: LARS' weight decay, 0 for none.
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
