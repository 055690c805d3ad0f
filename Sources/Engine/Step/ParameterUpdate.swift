import CKernels
import Models
import Optimizers
import Tensors

/// Updates a rank's slices of the parameters: the gradients of penalties, clipping, weight decay, the optimizer, and
/// the average of the weights, in Keras' order.
///
/// If nothing needs norms, `step` does all of it for any piece as soon as that piece's gradient is complete. Otherwise
/// the pieces wait for each other:
///
///     addGradientNorm → clip → computeDirection → computeTrustRatios → apply
final class ParameterUpdate: @unchecked Sendable {
    let optimizer: Optimizer
    let regularization: Regularization
    /// Nil if no norm is needed.
    private let norms: (gradient: TensorNorms, weights: TensorNorms)?
    private let tensors: [Range<Int>]
    private let decays: [Bool]
    private let penalties: WeightPenalties
    private let weights: Weights
    /// The state vectors of this rank's slices, slice after slice, vector by vector.
    private(set) var state: [FloatBuffer] = []
    /// What gradients are multiplied by before anything else.
    private var clipFactor: Float = 1
    /// What each array's learning rate is multiplied by.
    private var trustRatios: [Double] = []

    /// One step of the optimizer.
    struct Step {
        let learningRate: Float
        /// Counted from 1.
        let number: Int
    }

    /// A piece of the parameters of one lane, its gradient, and where it starts in the state vectors.
    struct Piece {
        let range: Range<Int>
        let gradient: UnsafeMutablePointer<Float>
        let stateOffset: Int
    }

    init(
        optimizer: Optimizer, regularization: Regularization, weights: Weights, network: Network,
        norms makeNorms: () -> TensorNorms
    ) {
        self.optimizer = optimizer
        self.regularization = regularization
        self.weights = weights
        tensors = network.trainableTensors
        decays = network.decayingTensors
        penalties = WeightPenalties(network)
        norms = optimizer.needsNorms || regularization.clipNorm != nil ? (makeNorms(), makeNorms()) : nil
    }

    /// The names of the state vectors, those of the optimizer first.
    var stateNames: [String] { optimizer.stateNames(with: regularization) }

    /// Allocates the state vectors, for the `count` values in all slices of this rank.
    func makeState(count: Int) { state = stateNames.map { _ in FloatBuffer(count: count) } }

    /// Whether no parameter can change before all gradients are complete.
    var needsAllGradients: Bool { norms != nil }

    /// Adds the gradients of penalties to that of a piece, once it is complete.
    func penalize(_ piece: Piece) { penalties.addGradients(weights, to: piece.gradient, of: piece.range) }

    // MARK: At once

    /// One step of a piece whose gradient is complete.
    func step(_ piece: Piece, _ step: Step) {
        decay(piece, step)
        optimizer.update(
            weights.trainable.pointer + piece.range.lowerBound, gradient: piece.gradient,
            state: { state[$0].pointer + piece.stateOffset }, count: piece.range.count, learningRate: step.learningRate,
            step: step.number)
        average(piece, step)
    }

    private func decay(_ piece: Piece, _ step: Step) {
        guard regularization.weightDecay > 0 else { return }
        if case .lars = optimizer { return }
        forEachTensor(of: piece) { tensor, part in
            guard decays[tensor] else { return }
            decay_weights(
                weights.trainable.pointer + part.lowerBound, part.count, step.learningRate * regularization.weightDecay)
        }
    }

    private func average(_ piece: Piece, _ step: Step) {
        guard let momentum = regularization.averaging else { return }
        let momentumNow = step.number == 1 ? 0 : momentum
        average_update(
            state[optimizer.stateNames.count].pointer + piece.stateOffset,
            weights.trainable.pointer + piece.range.lowerBound,
            piece.range.count, momentumNow, 1 - momentumNow)
    }

    // MARK: With norms

    /// Adds up the squares of a piece's gradient, if gradients are clipped.
    func addGradientNorm(_ piece: Piece) {
        guard let norms, regularization.clipNorm != nil else { return }
        forEachTensor(of: piece) { tensor, part in
            norms.gradient.addSquares(piece.gradient + (part.lowerBound - piece.range.lowerBound), part, of: tensor)
        }
    }

    /// Computes `clipFactor` when all pieces have been added up. Collective, one lane.
    func clip() throws {
        guard let norms, let limit = regularization.clipNorm else { return }
        let norm = try norms.gradient.gathered().reduce(0, +).squareRoot()
        clipFactor = norm > Double(limit) ? Float(Double(limit) / norm) : 1
    }

    /// Clips, and takes the step or, for optimizers that need more norms, computes its direction.
    func computeDirection(_ piece: Piece, _ step: Step) {
        if clipFactor != 1 { scale_values(piece.gradient, piece.range.count, clipFactor) }
        guard optimizer.needsNorms, let norms else { return self.step(piece, step) }
        decay(piece, step)
        optimizer.computeDirection(
            piece.gradient, state: { state[$0].pointer + piece.stateOffset }, count: piece.range.count,
            step: step.number)
        forEachTensor(of: piece) { tensor, part in
            norms.gradient.addSquares(piece.gradient + (part.lowerBound - piece.range.lowerBound), part, of: tensor)
            norms.weights.addSquares(weights.trainable.pointer + part.lowerBound, part, of: tensor)
        }
    }

    /// Whether `computeTrustRatios` and `apply` follow `computeDirection`.
    var needsTrustRatios: Bool { optimizer.needsNorms }

    /// Computes the arrays' trust ratios when all pieces have their direction. Collective, one lane.
    func computeTrustRatios() throws {
        guard let norms else { return }
        let (directions, values) = (try norms.gradient.gathered(), try norms.weights.gathered())
        trustRatios = tensors.indices.map { tensor in
            optimizer.trustRatio(
                weights: values[tensor].squareRoot(), direction: directions[tensor].squareRoot(),
                decay: decays[tensor] ? regularization.weightDecay : nil)
        }
    }

    /// Takes the step in the computed direction.
    func apply(_ piece: Piece, _ step: Step) {
        forEachTensor(of: piece) { tensor, part in
            let offset = part.lowerBound - piece.range.lowerBound
            optimizer.apply(
                weights.trainable.pointer + part.lowerBound, direction: piece.gradient + offset,
                state: { state[$0].pointer + piece.stateOffset + offset }, count: part.count,
                rate: Float(Double(step.learningRate) * trustRatios[tensor]),
                decay: decays[tensor] ? regularization.weightDecay : 0)
        }
        average(piece, step)
    }

    /// The arrays that overlap a piece.
    private func forEachTensor(of piece: Piece, _ body: (_ tensor: Int, _ part: Range<Int>) -> Void) {
        for (number, tensor) in tensors.enumerated() where tensor.overlaps(piece.range) {
            body(number, tensor.clamped(to: piece.range))
        }
    }
}

extension Optimizer {
    /// The state vectors of a run: the optimizer's, and the average of the weights.
    func stateNames(with regularization: Regularization) -> [String] {
        stateNames + (regularization.averaging == nil ? [] : [Regularization.averageName])
    }
}
