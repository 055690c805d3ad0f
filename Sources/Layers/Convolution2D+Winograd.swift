import CKernels
import Tensors

/// The passes of a convolution that Winograd's minimal filtering (`winograd.h`) takes here, a function of shapes alone.
///
/// It serves 3×3 kernels with strides of one and multiplies less than half as often. That pays for enough channels that
/// transforming tiles costs little beside multiplying them, and maps of which no large part of the tiles lies outside.
struct TiledPasses: Sendable {
    let forward: Bool
    let inputGradient: Bool
    let weightGradient: Bool

    /// How many multiplications transforming a tile takes as long as, for each channel, as measured.
    private static let (transform, gradientTransform) = (100, 150)

    init(rows: Axis, columns: Axis, inputChannels: Int, outputChannels: Int) {
        func isPlain(_ axis: Axis) -> Bool { axis.window == 3 && axis.stride == 1 && axis.dilation == 1 }
        func tiles(_ rows: Int, _ columns: Int) -> Int { (rows + 1) / 2 * ((columns + 1) / 2) }
        let (channels, products) = (inputChannels + outputChannels, inputChannels * outputChannels)
        // Less than 15 % is not worth the larger errors.
        func pays(_ tiles: Int, _ transform: Int) -> Bool {
            rows.tapsOnMap * columns.tapsOnMap * products * 20 >= tiles * (16 * products + transform * channels) * 23
        }
        let (isPlain, fewest) = (isPlain(rows) && isPlain(columns), min(inputChannels, outputChannels))
        let fits = isPlain && fewest >= 16
        forward = fits && pays(tiles(rows.output, columns.output), Self.transform)
        inputGradient = fits && pays(tiles(rows.extent, columns.extent), Self.transform)
        // Optimizers that divide by a gradient's own size amplify what tiles round off of small ones. With few channels a
        // gradient is a sum over few positions, and the direct sum of small ones is nearly exact.
        weightGradient = isPlain && fewest >= 48 && pays(tiles(rows.output, columns.output), Self.gradientTransform)
    }
}

extension Convolution2D {
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

    /// Of the transformed kernel.
    var transformedCount: Int { winograd_kernel_count(inputChannels, outputChannels) }
    /// Of the turned kernel, transformed, which the input's gradient reads.
    var turnedTransformedCount: Int { winograd_kernel_count(outputChannels, inputChannels) }

    func prepareTiles(_ parameters: FloatView, into prepared: MutableFloatView) {
        winograd_transform_kernel(
            parameters.pointer(kernelCount), inputChannels, outputChannels, prepared.pointer(transformedCount))
    }

    func prepareTurnedTiles(_ parameters: FloatView, into prepared: MutableFloatView) {
        winograd_transform_turned_kernel(
            parameters.pointer(kernelCount), inputChannels, outputChannels, prepared.pointer(turnedTransformedCount))
    }

    /// What the passes by tiles need, whatever the samples.
    var tilesWorkspaceCount: Int {
        var (shape, turned) = (tiles(samples: 1), turnedTiles(samples: 1))
        return max(
            tiledPasses.forward ? winograd_workspace_count(&shape) : 0,
            tiledPasses.inputGradient ? winograd_workspace_count(&turned) : 0,
            tiledPasses.weightGradient ? winograd_gradient_workspace_count(&shape) : 0)
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
            backwardKernel(pass).pointer(turnedTransformedCount), nil, 0,
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
