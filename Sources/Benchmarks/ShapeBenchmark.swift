import Lanes
import Layers
import Tensors

/// The speed of single layers over a table of shapes, each pass by itself: `bench --shapes`.
struct ShapeBenchmark {
    /// Floats that the maps of the samples of one pass take together, inputs and outputs, if one sample does not take
    /// more: they fit a second-level cache.
    private static let cachedValues = 1 << 17
    private static let mostSamples = 64

    /// One lane's speed, by one lane, while others rest.
    ///
    /// - Parameters:
    ///   - patience: about how long each pass is repeated, in nanoseconds.
    ///   - peak: floating-point operations a second of one lane.
    static func report(_ shape: LayerShape, patience: Int, peak: Double) -> ShapeReport {
        let layer = shape.layer
        let values = layer.outputShape.count + shape.input.count
        let samples = max(1, min(mostSamples, cachedValues / values))
        let memory = PassMemory(layer, inputs: [shape.input], samples: samples)
        layer.prepare(FloatView(memory.parameters.view), into: memory.prepared.view)
        let pass = memory.pass(wantsInputGradient: false)
        let both = memory.pass(wantsInputGradient: true)
        let forward = FastestTime.nanoseconds(patience) { layer.forward(pass) }
        let weightGradient = FastestTime.nanoseconds(patience) { layer.backward(pass) }
        let backward = FastestTime.nanoseconds(patience) { layer.backward(both) }
        let flop = 2 * Double(layer.multiplyAdds * samples)
        func rate(_ nanoseconds: Int) -> ShapeReport.Rate {
            let gflops = flop / Double(max(1, nanoseconds))
            return ShapeReport.Rate(gflops: gflops, peakShare: gflops * 1e9 / peak)
        }
        return ShapeReport(
            shape: shape, samples: samples, forward: rate(forward),
            inputGradient: rate(backward - weightGradient), weightGradient: rate(weightGradient))
    }
}

/// A layer to measure.
struct LayerShape: Sendable {
    /// `conv 3×3/2 same`, `depthwise 5×5`, `dense`.
    let name: String
    /// Of one sample.
    let input: Shape
    let layer: any Layer

    /// Channels that each output is a sum over, or of which it is one: both must be many for the peak to be in reach.
    var fewestChannels: Int { min(input.channels, layer.outputShape.channels) }
    /// Whether each output is a sum over all channels.
    let isDense: Bool

    /// The table: kernels, strides and padding over channels and maps as networks have them, as far as one pass over one
    /// sample takes milliseconds.
    static let table: [LayerShape] = {
        let kernels: [(size: Int, stride: Int)] = [(1, 1), (1, 2), (3, 1), (3, 2), (5, 1), (5, 2), (7, 1), (7, 2)]
        let channels = [
            (1, 16), (1, 64), (3, 32), (3, 64), (16, 16), (16, 32), (32, 32), (64, 64), (96, 96), (64, 128), (128, 128),
            (256, 64), (256, 256), (512, 512),
        ]
        var shapes: [LayerShape] = []
        for (size, stride) in kernels {
            for (from, to) in channels {
                for side in [2, 4, 8, 13, 21, 50, 99] where side * side * from * to * size * size <= 1 << 28 {
                    for padding in size == 1 ? [Padding.valid] : [.valid, .same]
                    where padding == .same || side >= size {
                        shapes.append(convolution(side, from, to, size, stride, padding))
                    }
                }
            }
        }
        for size in [3, 5] {
            for channels in [16, 32, 96, 128, 256, 512] {
                for side in [4, 8, 21, 50] { shapes.append(depthwise(side, channels, size)) }
            }
        }
        for from in [16, 64, 256, 1024, 4096] {
            for to in [16, 64, 256, 1024, 4096] { shapes.append(dense(from, to)) }
        }
        return shapes
    }()

    private static func convolution(
        _ side: Int, _ from: Int, _ to: Int, _ size: Int, _ stride: Int, _ padding: Padding
    ) -> LayerShape {
        let input: Shape = [side, side, from]
        return LayerShape(
            name: "conv \(size)×\(size)\(stride > 1 ? "/\(stride)" : "") \(padding)", input: input,
            layer: Convolution2D(
                name: "conv", inputShape: input, filters: to, kernelSize: Extent2D(size, size),
                strides: Extent2D(stride, stride), padding: padding), isDense: true)
    }

    private static func depthwise(_ side: Int, _ channels: Int, _ size: Int) -> LayerShape {
        let input: Shape = [side, side, channels]
        return LayerShape(
            name: "depthwise \(size)×\(size)", input: input,
            layer: DepthwiseConvolution2D(
                name: "depthwise", inputShape: input, kernelSize: Extent2D(size, size), padding: .same),
            isDense: false)
    }

    private static func dense(_ from: Int, _ to: Int) -> LayerShape {
        LayerShape(
            name: "dense", input: [from], layer: Dense(name: "dense", inputShape: [from], units: to), isDense: true)
    }
}
