import CKernels
import Tensors

/// The mean, sum, maximum or minimum over some axes of each sample. Results equal `keras.ops.mean`, `sum`, `max` and
/// `min`; equal maxima share their gradient equally.
public struct Reduction: Layer {
    /// What is taken over the axes.
    public enum Statistic: String, Hashable, Sendable, Codable, CaseIterable {
        case mean, sum, maximum, minimum
    }

    public let name: String
    public let outputShape: Shape
    public let statistic: Statistic
    private let broadcast: Broadcast

    /// - Parameters:
    ///   - axes: those that are reduced, counted from 0; at least one, and not all unless dimensions are kept.
    ///   - keepsDimensions: whether they have an extent of 1 in the result, rather than being left out.
    public init(name: String, inputShape: Shape, statistic: Statistic, axes: [Int], keepsDimensions: Bool) {
        let extents = inputShape.extents
        let kept = Shape(extents.enumerated().map { axes.contains($0) ? 1 : $1 })
        self.name = name
        self.statistic = statistic
        outputShape =
            keepsDimensions ? kept : Shape(extents.indices.filter { !axes.contains($0) }.map { extents[$0] })
        broadcast = Broadcast(kept, to: inputShape)
    }

    private var inputCount: Int { broadcast.largeCount }
    /// How many values each of the output's is made of.
    private var reduced: Int { inputCount / outputShape.count }
    private var isExtremum: Bool { statistic == .maximum || statistic == .minimum }

    /// Sums in double precision.
    public func workspaceCount(samples: Int) -> Int { 2 * outputShape.count }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: isExtremum, output: isExtremum)
    }

    public func forward(_ pass: LayerPass) {
        for sample in 0..<pass.samples {
            let input = pass.inputs[0].pointer(inputCount, at: sample * inputCount)
            let output = pass.output.pointer(outputShape.count, at: sample * outputShape.count)
            guard !isExtremum else {
                writeExtrema(of: input, into: output)
                continue
            }
            let sums = pass.workspace.zeroedDoubles(outputShape.count)
            broadcast.sum(input, into: sums)
            let divisor = statistic == .mean ? Double(reduced) : 1
            for index in 0..<outputShape.count { output[index] = Float(sums[index] / divisor) }
        }
    }

    private func writeExtrema(of input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
        let sign: Float = statistic == .maximum ? 1 : -1
        for index in 0..<outputShape.count { output[index] = -.infinity }
        broadcast.eachValue { large, small in
            let value = sign * input[large]
            if value > output[small] || value.isNaN { output[small] = value }
        }
        for index in 0..<outputShape.count { output[index] *= sign }
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        let count = outputShape.count
        for sample in 0..<pass.samples {
            let above = pass.outputGradient.pointer(count, at: sample * count)
            let target = inputGradient.pointer(inputCount, at: sample * inputCount)
            if isExtremum {
                let input = pass.inputs[0].pointer(inputCount, at: sample * inputCount)
                let output = pass.output.pointer(count, at: sample * count)
                let winners = pass.workspace.zeroedDoubles(count)
                broadcast.eachValue { large, small in if input[large] == output[small] { winners[small] += 1 } }
                broadcast.eachValue { large, small in
                    target[large] = input[large] == output[small] ? above[small] / Float(winners[small]) : 0
                }
            } else {
                let shares = pass.workspace.pointer(count)
                let divisor = statistic == .mean ? Float(reduced) : 1
                for index in 0..<count { shares[index] = above[index] / divisor }
                broadcast.expand(shares, into: target)
            }
        }
    }
}
