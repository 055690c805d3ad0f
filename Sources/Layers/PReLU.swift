import CKernels
import Tensors

/// A rectifier whose slope below zero is trained: y = max(x, 0) + α·min(x, 0). Along shared axes there is one α for all.
///
/// Source: K. He et al., "Delving deep into rectifiers", ICCV 2015; `keras.layers.PReLU`.
public struct PReLU: Layer {
    public let name: String
    public let outputShape: Shape
    private let alphaShape: Shape
    private let broadcast: Broadcast

    /// - Parameter sharedAxes: axes of a sample, counted from 0.
    public init(name: String, inputShape: Shape, sharedAxes: Set<Int>) {
        self.name = name
        outputShape = inputShape
        alphaShape = Shape(inputShape.extents.enumerated().map { sharedAxes.contains($0) ? 1 : $1 })
        broadcast = Broadcast(alphaShape, to: inputShape)
    }

    public var parameters: [ParameterSpecification] { [ParameterSpecification("alpha", alphaShape, .zeros)] }

    /// A slope for each value.
    public var preparedCount: Int { outputShape.count }

    public func prepare(_ parameters: FloatView, into prepared: MutableFloatView) {
        broadcast.expand(parameters.pointer(alphaShape.count), into: prepared.pointer(outputShape.count))
    }

    /// Sums in double precision, and the gradient of each value's slope.
    public func workspaceCount(samples: Int) -> Int { 2 * alphaShape.count + outputShape.count }

    public var isCheapToRecompute: Bool { true }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: true, output: false)
    }

    public func forward(_ pass: LayerPass) {
        let count = outputShape.count
        for sample in 0..<pass.samples {
            prelu(
                pass.inputs[0].pointer(count, at: sample * count), pass.prepared.pointer(count), count,
                pass.output.pointer(count, at: sample * count))
        }
    }

    public func backward(_ pass: LayerPass) {
        let count = outputShape.count
        let sums = pass.workspace.zeroedDoubles(alphaShape.count)
        let slopes = pass.workspace.pointer(count, at: 2 * alphaShape.count)
        for sample in 0..<pass.samples {
            let place = sample * count
            prelu_backward(
                pass.inputs[0].pointer(count, at: place), pass.prepared.pointer(count),
                pass.outputGradient.pointer(count, at: place), count, pass.inputGradients[0]?.pointer(count, at: place),
                slopes)
            broadcast.sum(slopes, into: sums)
        }
        for index in 0..<alphaShape.count { pass.parameterGradient[index] = Float(sums[index]) }
    }
}
