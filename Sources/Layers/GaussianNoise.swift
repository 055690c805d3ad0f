import CKernels
import Tensors

/// Random numbers of a normal distribution added to the values, or factors of mean 1 that multiply them; in training
/// alone. Results are distributed as those of `keras.layers.GaussianNoise` and `GaussianDropout`.
///
/// The numbers are a pure function of (seed, layer, step, sample, element).
public struct GaussianNoise: Layer {
    public let name: String
    public let outputShape: Shape
    /// The noise's standard deviation.
    public let deviation: Float
    /// Whether the noise multiplies.
    public let isFactor: Bool
    /// Tells this layer's random numbers from those of other layers.
    private let purpose: UInt32

    public init(name: String, inputShape: Shape, deviation: Float, isFactor: Bool, layerNumber: Int) {
        precondition(deviation >= 0 && deviation.isFinite, "\(name): a standard deviation is not \(deviation)")
        self.name = name
        outputShape = inputShape
        self.deviation = deviation
        self.isFactor = isFactor
        purpose = CounterBasedRandom.word(.dropout, detail: layerNumber)
    }

    /// One sample's noise.
    public func workspaceCount(samples: Int) -> Int { outputShape.count }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: false, output: false)
    }

    /// The noise of one sample of a training step, drawn anew with the same result.
    private func noise(_ pass: LayerPass, of sample: UInt32) -> UnsafeMutablePointer<Float> {
        let count = outputShape.count
        let noise = pass.workspace.pointer(count)
        let key = [UInt32(truncatingIfNeeded: pass.random.seed), UInt32(truncatingIfNeeded: pass.random.seed >> 32)]
        standard_normals([0, sample, pass.random.step, purpose], key, count, noise)
        combine_with_number(ARITHMETIC_MULTIPLY, noise, deviation, count, noise)
        if isFactor { combine_with_number(ARITHMETIC_ADD, noise, 1, count, noise) }
        return noise
    }

    public func forward(_ pass: LayerPass) {
        let count = outputShape.count
        guard pass.drawsAtRandom, deviation > 0, let samples = pass.random.samples else {
            pass.output.update(from: pass.inputs[0].slice(pass.samples * count))
            return
        }
        for sample in 0..<pass.samples {
            combine(
                isFactor ? ARITHMETIC_MULTIPLY : ARITHMETIC_ADD, pass.inputs[0].pointer(count, at: sample * count),
                noise(pass, of: samples[sample]), count, pass.output.pointer(count, at: sample * count))
        }
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        let count = outputShape.count
        guard isFactor, pass.drawsAtRandom, deviation > 0, let samples = pass.random.samples else {
            inputGradient.update(from: pass.outputGradient.slice(pass.samples * count))
            return
        }
        for sample in 0..<pass.samples {
            combine(
                ARITHMETIC_MULTIPLY, pass.outputGradient.pointer(count, at: sample * count),
                noise(pass, of: samples[sample]), count, inputGradient.pointer(count, at: sample * count))
        }
    }
}
