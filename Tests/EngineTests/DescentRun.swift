import Engine
import EngineTestSupport
import Layers
import Models
import Tensors

/// Gradient descent of a network without synchronised layers on some samples at once, on lanes one after the other.
final class DescentRun {
    let network: Network
    let weights: Weights
    private let prepared: PreparedWeights
    private let executors: [LaneExecutor]
    private let microbatch: Int

    /// - Parameter microbatch: the most samples of a microbatch; the lanes take turns.
    init(_ network: Network, weights: Weights? = nil, microbatch: Int, lanes: Int) {
        precondition(network.segments == 1, "layers of \(network.description.name) synchronise")
        MatrixProduct.useOneThread()
        let weights = weights ?? network.variedWeights(seed: 5)
        let prepared = PreparedWeights(network: network, weights: weights, lanes: 1)
        (self.network, self.weights, self.prepared, self.microbatch) = (network, weights, prepared, microbatch)
        executors = (0..<lanes).map { _ in
            LaneExecutor(
                network: network, samples: microbatch, slots: 1, isTraining: true, weights: weights,
                prepared: prepared.buffer)
        }
    }

    /// The mean loss, and the sum of the microbatches' gradients of it in their order.
    func gradient(_ samples: [[Float]], _ labels: [Int]) -> (loss: Double, gradient: [Float]) {
        prepared.prepare(lane: 0)
        var loss = 0.0
        var total = [Float](repeating: 0, count: network.trainableCount)
        for (number, first) in stride(from: 0, to: samples.count, by: microbatch).enumerated() {
            let executor = executors[number % executors.count]
            let range = first..<min(first + microbatch, samples.count)
            let values = samples[range].flatMap(\.self)
            executor.input(0).update(from: values, count: values.count)
            executor.begin(0, samples: range.count, random: RandomCoordinates())
            executor.forward(0, segment: 0)
            for (sample, label) in labels[range].enumerated() {
                let z = executor.logits(0) + sample * network.outputs
                loss += network.loss.value(logits: z, outputs: network.outputs, label: label)
                network.loss.gradient(
                    logits: z, outputs: network.outputs, label: label, weight: 1 / Double(samples.count),
                    into: executor.logitsGradient(0) + sample * network.outputs)
            }
            let gradient = FloatBuffer([Float](repeating: .nan, count: network.trainableCount))
            executor.backward(0, segment: 0, gradient: gradient.pointer, sums: nil)
            for index in total.indices { total[index] += gradient.pointer[index] }
        }
        return (loss / Double(samples.count), total)
    }

    /// Moves the weights against the gradient; the loss is that of before.
    func step(_ samples: [[Float]], _ labels: [Int], learningRate: Float) -> Double {
        let (loss, gradient) = gradient(samples, labels)
        for index in gradient.indices { weights.trainable.pointer[index] -= learningRate * gradient[index] }
        return loss
    }
}
