import CKernels
import Tensors

/// 3×3 kernels with strides of one by Winograd's minimal filtering (`winograd.h`), which multiplies less than half as
/// often: for enough channels that transforming tiles costs little beside multiplying them, and maps of which no large
/// part of the tiles lies outside.
extension Convolution2D {
    /// Whether a convolution multiplies so much less by tiles that this pays: a function of shapes alone.
    static func paysByTiles(rows: Axis, columns: Axis, inputChannels: Int, outputChannels: Int) -> Bool {
        func isPlain(_ axis: Axis) -> Bool { axis.window == 3 && axis.stride == 1 && axis.dilation == 1 }
        func tiles(_ axis: Axis) -> Int { (axis.output + 1) / 2 }
        return isPlain(rows) && isPlain(columns) && min(inputChannels, outputChannels) >= 48
            && rows.tapsOnMap * columns.tapsOnMap * 10 >= 13 * 16 * tiles(rows) * tiles(columns)
    }

    private func tiles(samples: Int) -> Winograd {
        Winograd(
            samples: samples, in_height: rows.extent, in_width: columns.extent, in_channels: inputChannels,
            out_height: rows.output, out_width: columns.output, out_channels: outputChannels, top: rows.before,
            left: columns.before)
    }

    /// The convolution of the output's gradient with the turned kernel that gives the input's.
    private func turnedTiles(samples: Int) -> Winograd {
        Winograd(
            samples: samples, in_height: rows.output, in_width: columns.output, in_channels: outputChannels,
            out_height: rows.extent, out_width: columns.extent, out_channels: inputChannels, top: 2 - rows.before,
            left: 2 - columns.before)
    }

    private var transformedCount: Int { winograd_kernel_count(inputChannels, outputChannels) }
    private var turnedTransformedCount: Int { winograd_kernel_count(outputChannels, inputChannels) }

    /// The transformed kernel, then the turned one, transformed.
    var tilesPreparedCount: Int { transformedCount + turnedTransformedCount }

    func prepareTiles(_ parameters: FloatView, into prepared: MutableFloatView) {
        let kernel = parameters.pointer(kernelCount)
        winograd_transform_kernel(kernel, inputChannels, outputChannels, prepared.pointer(transformedCount))
        winograd_transform_turned_kernel(
            kernel, inputChannels, outputChannels, prepared.pointer(turnedTransformedCount, at: transformedCount))
    }

    var tilesWorkspaceCount: Int {
        var (shape, turned) = (tiles(samples: 1), turnedTiles(samples: 1))
        return max(
            winograd_workspace_count(&shape), winograd_workspace_count(&turned),
            winograd_gradient_workspace_count(&shape))
    }

    func forwardByTiles(_ pass: LayerPass) {
        var shape = tiles(samples: pass.samples)
        winograd_convolution(
            &shape, pass.inputs[0].pointer(pass.samples * inputShape.count), pass.prepared.pointer(transformedCount),
            bias(pass)?.pointer(outputChannels), isRectified ? 1 : 0, nil, pass.workspace.pointer(tilesWorkspaceCount),
            pass.output.pointer(pass.samples * outputShape.count))
    }

    func writeInputGradientByTiles(_ inputGradient: MutableFloatView, _ pass: LayerPass) {
        var shape = turnedTiles(samples: pass.samples)
        let inputCount = pass.samples * inputShape.count
        winograd_convolution(
            &shape, FloatView(pass.outputGradient).pointer(pass.samples * outputShape.count),
            pass.prepared.pointer(turnedTransformedCount, at: transformedCount), nil, 0,
            pass.rectifiesInputGradient ? pass.inputs[0].pointer(inputCount) : nil,
            pass.workspace.pointer(tilesWorkspaceCount), inputGradient.pointer(inputCount))
    }

    func writeKernelGradientByTiles(_ pass: LayerPass) {
        var shape = tiles(samples: pass.samples)
        winograd_weight_gradient(
            &shape, pass.inputs[0].pointer(pass.samples * inputShape.count),
            FloatView(pass.outputGradient).pointer(pass.samples * outputShape.count),
            pass.workspace.pointer(tilesWorkspaceCount), pass.parameterGradient.pointer(kernelCount))
    }
}
