import CKernels
import Tensors

/// Inverted dropout: in training each value is zero with probability `rate`, else divided by 1 − rate; otherwise it
/// passes.
///
/// Which values are kept is a pure function of (seed, layer, step, sample, element).
/// Source: N. Srivastava et al., "Dropout", JMLR 15 (2014); `keras.layers.Dropout`.
public struct Dropout: Layer {
    public let name: String
    public let outputShape: Shape
    public let rate: Float
    /// Tells this layer's random numbers from those of other layers.
    private let purpose: UInt32

    public init(name: String, inputShape: Shape, rate: Float, layerNumber: Int) {
        precondition(rate >= 0 && rate < 1, "\(name): a dropout rate is in [0, 1), not \(rate)")
        self.name = name
        outputShape = inputShape
        self.rate = rate
        purpose = CounterBasedRandom.word(.dropout, detail: layerNumber)
    }

    /// One byte a value: whether it was kept.
    public var keptBytes: Int { outputShape.count }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: false, output: false)
    }

    public func forward(_ pass: LayerPass) {
        let count = outputShape.count
        guard pass.isTraining, let samples = pass.random.samples else {
            pass.output.update(from: pass.inputs[0].slice(pass.samples * count))
            return
        }
        for sample in 0..<pass.samples {
            let place = sample * count
            dropout(
                pass.inputs[0].pointer(count, at: place), count, rate, pass.random.seed, samples[sample],
                pass.random.step, purpose, pass.output.pointer(count, at: place), pass.kept.pointer(count, at: place))
        }
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        let count = pass.samples * outputShape.count
        dropout_backward(
            pass.outputGradient.pointer(count), pass.kept.pointer(count), count, rate, inputGradient.pointer(count))
    }
}
