import CKernels
import Tensors

/// Inverted dropout: in training each value is zero with probability `rate`, else divided by 1 − rate; otherwise it
/// passes.
///
/// Which values are kept is a pure function of (seed, layer, step, sample, element). With a noise shape, values along
/// axes where its extent is 1 are kept or dropped together.
/// Source: N. Srivastava et al., "Dropout", JMLR 15 (2014); `keras.layers.Dropout`.
public struct Dropout: Layer {
    public let name: String
    public let outputShape: Shape
    public let rate: Float
    /// Tells this layer's random numbers from those of other layers.
    private let purpose: UInt32
    /// How decisions stand for values; nil when each value has its own.
    private let broadcast: Broadcast?

    /// - Parameter noiseShape: the shape of a sample's decisions, each extent that of the input or 1; nil for the input's.
    public init(name: String, inputShape: Shape, rate: Float, layerNumber: Int, noiseShape: Shape? = nil) {
        precondition(rate >= 0 && rate < 1, "\(name): a dropout rate is in [0, 1), not \(rate)")
        self.name = name
        outputShape = inputShape
        self.rate = rate
        purpose = CounterBasedRandom.word(.dropout, detail: layerNumber)
        let broadcast = noiseShape.map { Broadcast($0, to: inputShape) }
        self.broadcast = broadcast?.isIdentity == true ? nil : broadcast
    }

    /// One byte a decision: whether values are kept.
    public var keptBytes: Int { broadcast?.smallCount ?? outputShape.count }

    /// The factor of each decision, and that of each value.
    public func workspaceCount(samples: Int) -> Int { broadcast.map { $0.smallCount + $0.largeCount } ?? 0 }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: false, output: false)
    }

    public func forward(_ pass: LayerPass) {
        let count = outputShape.count
        guard pass.drawsAtRandom, let samples = pass.random.samples else {
            pass.output.update(from: pass.inputs[0].slice(pass.samples * count))
            return
        }
        for sample in 0..<pass.samples {
            let place = sample * count
            if let broadcast {
                let decisions = pass.workspace.pointer(broadcast.smallCount)
                decisions.update(repeating: 1, count: broadcast.smallCount)
                dropout(
                    decisions, broadcast.smallCount, rate, pass.random.seed, samples[sample], pass.random.step, purpose,
                    decisions, pass.kept.pointer(broadcast.smallCount, at: sample * broadcast.smallCount))
                multiply(
                    pass.inputs[0].pointer(count, at: place), decisions, broadcast, pass,
                    into: pass.output.pointer(count, at: place))
                continue
            }
            dropout(
                pass.inputs[0].pointer(count, at: place), count, rate, pass.random.seed, samples[sample],
                pass.random.step, purpose, pass.output.pointer(count, at: place), pass.kept.pointer(count, at: place))
        }
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        guard pass.drawsAtRandom, pass.random.samples != nil else {
            inputGradient.update(from: pass.outputGradient.slice(pass.samples * outputShape.count))
            return
        }
        if let broadcast {
            let count = outputShape.count
            for sample in 0..<pass.samples {
                let decisions = pass.workspace.pointer(broadcast.smallCount)
                decisions.update(repeating: 1, count: broadcast.smallCount)
                dropout_backward(
                    decisions, pass.kept.pointer(broadcast.smallCount, at: sample * broadcast.smallCount),
                    broadcast.smallCount, rate, decisions)
                multiply(
                    UnsafePointer(pass.outputGradient.pointer(count, at: sample * count)), decisions, broadcast, pass,
                    into: inputGradient.pointer(count, at: sample * count))
            }
            return
        }
        let count = pass.samples * outputShape.count
        dropout_backward(
            pass.outputGradient.pointer(count), pass.kept.pointer(count), count, rate, inputGradient.pointer(count))
    }

    /// One sample's values times the factors of the decisions that they share.
    private func multiply(
        _ values: UnsafePointer<Float>, _ decisions: UnsafePointer<Float>, _ broadcast: Broadcast, _ pass: LayerPass,
        into result: UnsafeMutablePointer<Float>
    ) {
        let factors = pass.workspace.pointer(broadcast.largeCount, at: broadcast.smallCount)
        broadcast.expand(decisions, into: factors)
        combine(ARITHMETIC_MULTIPLY, values, factors, broadcast.largeCount, result)
    }
}
