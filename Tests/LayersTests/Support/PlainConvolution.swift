import Layers
import Tensors

/// A convolution with all its options, written down plainly in double precision.
struct PlainConvolution: Sendable {
    var inputShape: Shape
    var filters: Int
    var kernelSize: Extent2D
    var strides = Extent2D(1, 1)
    var padding = Padding.valid
    var dilation = Extent2D(1, 1)
    /// Channels fall into so many groups, and each gives filters / groups outputs.
    var groups = 1
    var isRectified = false
    var hasBias = true

    private var rows: PlainLayers.Windows {
        PlainLayers.Windows(
            inputShape.extents[0], kernelSize.height, strides.height, padding, dilation: dilation.height)
    }
    private var columns: PlainLayers.Windows {
        PlainLayers.Windows(inputShape.extents[1], kernelSize.width, strides.width, padding, dilation: dilation.width)
    }

    var outputShape: Shape { [rows.count, columns.count, filters] }

    /// The definition of `Convolution2D`; parameters are kernel (height, width, in / groups, out), then bias.
    func output(_ input: [Double], _ parameters: [Double], samples: Int) -> [Double] {
        let (rows, columns) = (rows, columns)
        let (channels, outputs) = (inputShape.channels / groups, filters / groups)
        let kernelCount = kernelSize.height * kernelSize.width * channels * filters
        let bias = hasBias ? Array(parameters[kernelCount...]) : [Double](repeating: 0, count: filters)
        var result: [Double] = []
        for sample in 0..<samples {
            for oh in 0..<rows.count {
                for ow in 0..<columns.count {
                    var sums = bias
                    for (h, i) in rows.pixels(oh) {
                        for (w, j) in columns.pixels(ow) {
                            let pixel = ((sample * rows.extent + h) * columns.extent + w) * inputShape.channels
                            let tap = (i * kernelSize.width + j) * channels
                            for n in 0..<filters {
                                let x = pixel + n / outputs * channels
                                for c in 0..<channels {
                                    sums[n] += input[x + c] * parameters[(tap + c) * filters + n]
                                }
                            }
                        }
                    }
                    result += isRectified ? sums.map { max($0, 0) } : sums
                }
            }
        }
        return result
    }
}

extension PlainLayers {
    /// The definition of `Convolution2D`; parameters are kernel, then bias.
    static func convolution2D(
        _ input: [Double], _ parameters: [Double], of layer: Convolution2D, samples: Int
    ) -> [Double] {
        PlainConvolution(
            inputShape: layer.inputShape, filters: layer.outputShape.channels, kernelSize: layer.kernelSize,
            strides: layer.strides, padding: layer.padding, isRectified: layer.isRectified, hasBias: layer.hasBias
        ).output(input, parameters, samples: samples)
    }
}
