import Foundation

/// One step of training, slow and plain: what the engine computes, without lanes, microbatches, plans or kernels.
///
/// The network is a chain that has one of everything:
///
///     stamps → conv1 (3×3) → bn → ReLU → conv2 (3×3) → ReLU → max pooling (2×2) → dropout (off) → flatten
///            → fc → ReLU → fc_out → softmax → cross-entropy
///
/// Every buffer is a flat array in row-major order, and its shape stands in a comment: N stamps, H rows, W columns, C1
/// and C2 channels, U hidden units, K classes. Everything is in double precision, so that what differs from the engine
/// is the engine's rounding. To read: `run`, then each layer's forward and backward pass below it.
struct ReferenceStep {
    let samples: Int
    let height: Int
    let width: Int
    let filters: (first: Int, second: Int)
    let units: Int
    let classes: Int
    let momentum: Double
    let epsilon: Double

    /// By the names that the network gives them, in Keras' layouts.
    typealias Parameters = [String: [Double]]

    struct Result {
        /// The mean over the stamps, before the update.
        var loss: Double
        /// ∂loss/∂parameter.
        var gradients: Parameters
        /// Parameters and moving statistics afterwards.
        var updated: Parameters
    }

    func run(_ p: Parameters, stamps: [Double], labels: [Int], learningRate: Double) -> Result {
        let (n, h, w, c1, c2) = (samples, height, width, filters.first, filters.second)
        let flat = h / 2 * (w / 2) * c2
        let first = Convolution(samples: n, height: h, width: w, inputs: 1, outputs: c1)
        let second = Convolution(samples: n, height: h, width: w, inputs: c1, outputs: c2)
        let pooling = MaxPooling(samples: n, height: h, width: w, channels: c2)
        let hidden = Dense(samples: n, inputs: flat, outputs: units)
        let output = Dense(samples: n, inputs: units, outputs: classes)

        // Forward. Flatten and dropout that is off change nothing: (N, H/2, W/2, C2) is (N, flat).
        let conv1 = first.forward(stamps, p["conv1/kernel"]!, p["conv1/bias"]!)  // (N, H, W, C1)
        let moments = Moments(of: conv1, channels: c1)  // (C1) each
        let normalized = normalize(conv1, moments)  // (N, H, W, C1)
        let bn = scale(normalized, p["bn/gamma"]!, p["bn/beta"]!)  // (N, H, W, C1)
        let rectified1 = relu(bn)  // (N, H, W, C1)
        let conv2 = second.forward(rectified1, p["conv2/kernel"]!, p["conv2/bias"]!)  // (N, H, W, C2)
        let rectified2 = relu(conv2)  // (N, H, W, C2)
        let (pooled, winners) = pooling.forward(rectified2)  // (N, H/2, W/2, C2)
        let fc = hidden.forward(pooled, p["fc/kernel"]!, p["fc/bias"]!)  // (N, U)
        let rectified3 = relu(fc)  // (N, U)
        let logits = output.forward(rectified3, p["fc_out/kernel"]!, p["fc_out/bias"]!)  // (N, K)
        let (loss, dLogits) = softmaxCrossEntropy(logits, labels)  // (N, K)

        // Backward, each line the gradient of the line of the forward pass that it mirrors.
        var g = Parameters()
        let dRectified3: [Double], dPooled: [Double], dRectified1: [Double]
        (dRectified3, g["fc_out/kernel"], g["fc_out/bias"]) = output.backward(
            dLogits, input: rectified3, kernel: p["fc_out/kernel"]!)  // (N, U), (U, K), (K)
        let dFC = reluBackward(dRectified3, output: rectified3)  // (N, U)
        (dPooled, g["fc/kernel"], g["fc/bias"]) = hidden.backward(
            dFC, input: pooled, kernel: p["fc/kernel"]!)  // (N, flat), (flat, U), (U)
        let dRectified2 = pooling.backward(dPooled, winners)  // (N, H, W, C2)
        let dConv2 = reluBackward(dRectified2, output: rectified2)  // (N, H, W, C2)
        (dRectified1, g["conv2/kernel"], g["conv2/bias"]) = second.backward(
            dConv2, input: rectified1, kernel: p["conv2/kernel"]!)  // (N, H, W, C1), (3, 3, C1, C2), (C2)
        let dBN = reluBackward(dRectified1, output: rectified1)  // (N, H, W, C1)
        let dConv1: [Double]
        (dConv1, g["bn/gamma"], g["bn/beta"]) = normalizeBackward(
            dBN, normalized, moments, gamma: p["bn/gamma"]!)  // (N, H, W, C1), (C1), (C1)
        (_, g["conv1/kernel"], g["conv1/bias"]) = first.backward(
            dConv1, input: stamps, kernel: p["conv1/kernel"]!)  // (N, H, W, 1), (3, 3, 1, C1), (C1)

        // Stochastic gradient descent, and moving statistics that follow those of the batch.
        var updated = p
        for (name, gradient) in g {
            updated[name] = zip(p[name]!, gradient).map { $0 - learningRate * $1 }
        }
        for (name, batch) in [("bn/moving_mean", moments.mean), ("bn/moving_variance", moments.variance)] {
            updated[name] = zip(p[name]!, batch).map { momentum * $0 + (1 - momentum) * $1 }
        }
        return Result(loss: loss, gradients: g, updated: updated)
    }

    // MARK: Convolution

    /// 3×3 with a border of zeros, so that maps keep their size ("same").
    struct Convolution {
        let samples: Int
        let height: Int
        let width: Int
        let inputs: Int
        let outputs: Int

        /// y[n,i,j,o] = bias[o] + Σ x[n, i+a−1, j+b−1, c]·kernel[a,b,c,o], sums over a, b and c.
        func forward(
            _ x: [Double],  // (N, H, W, inputs)
            _ kernel: [Double],  // (3, 3, inputs, outputs)
            _ bias: [Double]  // (outputs)
        ) -> [Double] {
            var y = [Double](repeating: 0, count: samples * height * width * outputs)  // (N, H, W, outputs)
            for index in y.indices { y[index] = bias[index % outputs] }
            forEachProduct { x_, k_, y_ in y[y_] += x[x_] * kernel[k_] }
            return y
        }

        /// The same products: each passes dy on to both of its factors.
        func backward(
            _ dy: [Double],  // (N, H, W, outputs)
            input x: [Double],  // (N, H, W, inputs)
            kernel: [Double]  // (3, 3, inputs, outputs)
        ) -> (input: [Double], kernel: [Double], bias: [Double]) {
            var dx = [Double](repeating: 0, count: x.count)  // (N, H, W, inputs)
            var dKernel = [Double](repeating: 0, count: kernel.count)  // (3, 3, inputs, outputs)
            var dBias = [Double](repeating: 0, count: outputs)  // (outputs)
            for index in dy.indices { dBias[index % outputs] += dy[index] }
            forEachProduct { x_, k_, y_ in
                dx[x_] += dy[y_] * kernel[k_]
                dKernel[k_] += dy[y_] * x[x_]
            }
            return (dx, dKernel, dBias)
        }

        /// Calls `body` with the places of an input, a weight and an output for each product; the border has none.
        private func forEachProduct(_ body: (_ input: Int, _ weight: Int, _ output: Int) -> Void) {
            for n in 0..<samples {
                for i in 0..<height {
                    for j in 0..<width {
                        for a in 0..<3 where 0..<height ~= i + a - 1 {
                            for b in 0..<3 where 0..<width ~= j + b - 1 {
                                let input = ((n * height + i + a - 1) * width + j + b - 1) * inputs
                                let output = ((n * height + i) * width + j) * outputs
                                for c in 0..<inputs {
                                    for o in 0..<outputs {
                                        body(input + c, ((a * 3 + b) * inputs + c) * outputs + o, output + o)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    // MARK: Batch normalisation

    /// Mean and (biased) variance of each channel over the whole batch.
    struct Moments {
        var mean: [Double]  // (C)
        var variance: [Double]  // (C)

        init(of x: [Double], channels: Int) {
            let rows = Double(x.count / channels)
            mean = [Double](repeating: 0, count: channels)
            variance = mean
            for index in x.indices { mean[index % channels] += x[index] / rows }
            for index in x.indices {
                let deviation = x[index] - mean[index % channels]
                variance[index % channels] += deviation * deviation / rows
            }
        }
    }

    /// x̂ = (x − μ)/√(σ² + ε).
    func normalize(_ x: [Double], _ moments: Moments) -> [Double] {
        x.indices.map { index in
            let c = index % moments.mean.count
            return (x[index] - moments.mean[c]) / (moments.variance[c] + epsilon).squareRoot()
        }
    }

    /// y = γ·x̂ + β.
    func scale(_ normalized: [Double], _ gamma: [Double], _ beta: [Double]) -> [Double] {
        normalized.indices.map { gamma[$0 % gamma.count] * normalized[$0] + beta[$0 % gamma.count] }
    }

    /// dx = γ/√(σ² + ε)·(dy − mean(dy) − x̂·mean(dy·x̂)): μ and σ² depend on x too.
    func normalizeBackward(
        _ dy: [Double],  // (N, H, W, C)
        _ normalized: [Double],  // (N, H, W, C)
        _ moments: Moments,
        gamma: [Double]  // (C)
    ) -> (input: [Double], gamma: [Double], beta: [Double]) {
        let channels = gamma.count
        let rows = Double(dy.count / channels)
        var dGamma = [Double](repeating: 0, count: channels)  // (C)
        var dBeta = [Double](repeating: 0, count: channels)  // (C)
        for index in dy.indices {
            dGamma[index % channels] += dy[index] * normalized[index]
            dBeta[index % channels] += dy[index]
        }
        let dx = dy.indices.map { index in  // (N, H, W, C)
            let c = index % channels
            let centred = dy[index] - dBeta[c] / rows - normalized[index] * dGamma[c] / rows
            return gamma[c] / (moments.variance[c] + epsilon).squareRoot() * centred
        }
        return (dx, dGamma, dBeta)
    }

    // MARK: ReLU

    func relu(_ x: [Double]) -> [Double] { x.map { max($0, 0) } }

    func reluBackward(_ dy: [Double], output y: [Double]) -> [Double] { zip(dy, y).map { $1 > 0 ? $0 : 0 } }

    // MARK: Max pooling

    /// Windows of 2×2 that tile the map; an odd last row or column belongs to none.
    struct MaxPooling {
        let samples: Int
        let height: Int
        let width: Int
        let channels: Int

        /// The largest value of each window, and where in the input it stands: the first of equal ones.
        func forward(_ x: [Double]) -> (output: [Double], winners: [Int]) {
            var winners: [Int] = []  // (N, H/2, W/2, C)
            for n in 0..<samples {
                for i in 0..<height / 2 {
                    for j in 0..<width / 2 {
                        for c in 0..<channels {
                            let window = [(0, 0), (0, 1), (1, 0), (1, 1)].map { a, b in
                                ((n * height + 2 * i + a) * width + 2 * j + b) * channels + c
                            }
                            winners.append(window.dropFirst().reduce(window[0]) { x[$1] > x[$0] ? $1 : $0 })
                        }
                    }
                }
            }
            return (winners.map { x[$0] }, winners)
        }

        func backward(_ dy: [Double], _ winners: [Int]) -> [Double] {
            var dx = [Double](repeating: 0, count: samples * height * width * channels)  // (N, H, W, C)
            for (gradient, winner) in zip(dy, winners) { dx[winner] += gradient }
            return dx
        }
    }

    // MARK: Dense

    struct Dense {
        let samples: Int
        let inputs: Int
        let outputs: Int

        /// y[n,o] = bias[o] + Σ x[n,c]·kernel[c,o].
        func forward(
            _ x: [Double],  // (N, inputs)
            _ kernel: [Double],  // (inputs, outputs)
            _ bias: [Double]  // (outputs)
        ) -> [Double] {
            var y = [Double](repeating: 0, count: samples * outputs)  // (N, outputs)
            for n in 0..<samples {
                for o in 0..<outputs {
                    y[n * outputs + o] = bias[o]
                    for c in 0..<inputs { y[n * outputs + o] += x[n * inputs + c] * kernel[c * outputs + o] }
                }
            }
            return y
        }

        func backward(
            _ dy: [Double],  // (N, outputs)
            input x: [Double],  // (N, inputs)
            kernel: [Double]  // (inputs, outputs)
        ) -> (input: [Double], kernel: [Double], bias: [Double]) {
            var dx = [Double](repeating: 0, count: x.count)  // (N, inputs)
            var dKernel = [Double](repeating: 0, count: kernel.count)  // (inputs, outputs)
            var dBias = [Double](repeating: 0, count: outputs)  // (outputs)
            for n in 0..<samples {
                for o in 0..<outputs {
                    let gradient = dy[n * outputs + o]
                    dBias[o] += gradient
                    for c in 0..<inputs {
                        dx[n * inputs + c] += gradient * kernel[c * outputs + o]
                        dKernel[c * outputs + o] += gradient * x[n * inputs + c]
                    }
                }
            }
            return (dx, dKernel, dBias)
        }
    }

    // MARK: Loss

    /// Mean over the stamps of −log softmax(z)[label], and its gradient (softmax(z) − [k = label])/N.
    func softmaxCrossEntropy(_ logits: [Double], _ labels: [Int]) -> (loss: Double, gradient: [Double]) {
        var loss = 0.0
        var gradient: [Double] = []  // (N, K)
        for n in 0..<samples {
            let z = logits[n * classes..<(n + 1) * classes]  // (K)
            let powers = z.map { exp($0 - z.max()!) }
            let probabilities = powers.map { $0 / powers.reduce(0, +) }
            loss -= log(probabilities[labels[n]]) / Double(samples)
            gradient += (0..<classes).map { (probabilities[$0] - ($0 == labels[n] ? 1 : 0)) / Double(samples) }
        }
        return (loss, gradient)
    }
}
