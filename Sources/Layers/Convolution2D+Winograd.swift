import CKernels
import Tensors

/// The passes of a convolution that Winograd's minimal filtering (`winograd.h`) takes here, a function of shapes alone.
///
/// It serves kernels of 3, 5 or 7 rows and columns with strides of one and multiplies about half as often. That pays for
/// enough channels that transforming tiles costs little beside multiplying them, and maps of which no large part of the
/// tiles lies outside.
struct TiledPasses: Sendable {
    let forward: Bool
    let inputGradient: Bool
    let weightGradient: Bool

    /// How many multiplications transforming a tile takes as long as, for each channel, as measured.
    private static let (transform, gradientTransform) = (100, 150)

    init(rows: Axis, columns: Axis, inputChannels: Int, outputChannels: Int) {
        func isPlain(_ axis: Axis) -> Bool {
            [3, 5, 7].contains(axis.window) && axis.stride == 1 && axis.dilation == 1
        }
        let (channels, products) = (inputChannels + outputChannels, inputChannels * outputChannels)
        let pieces = Extent2D((rows.window - 1) / 2, (columns.window - 1) / 2)
        let isOnePiece = pieces == Extent2D(1, 1)
        // Less than 15 % is not worth the larger errors.
        func pays(_ height: Int, _ width: Int, _ transform: Int) -> Bool {
            let (lines, tiles) = ((height + 1) / 2, (width + 1) / 2)
            // Of more than one piece, lines are computed one by one, and transformed with the tiles beside the map.
            guard isOnePiece || tiles >= 4 else { return false }
            let multiplications = (3 * pieces.height + 1) * (3 * pieces.width + 1) * products * lines * tiles
            let transforms = transform * channels * (lines + pieces.height - 1) * (tiles + pieces.width - 1)
            return rows.tapsOnMap * columns.tapsOnMap * products * 20 >= (multiplications + transforms) * 23
        }
        let (isPlain, fewest) = (isPlain(rows) && isPlain(columns), min(inputChannels, outputChannels))
        let fits = isPlain && fewest >= 16
        forward = fits && pays(rows.output, columns.output, Self.transform)
        inputGradient = fits && pays(rows.extent, columns.extent, Self.transform)
        // Optimizers that divide by a gradient's own size amplify what tiles round off of small ones. With few channels a
        // gradient is a sum over few positions, and the direct sum of small ones is nearly exact.
        weightGradient = isPlain && fewest >= 48 && pays(rows.output, columns.output, Self.gradientTransform)
    }
}

extension Convolution2D {
    private func tiles(samples: Int) -> Winograd {
        Winograd(
            kernel_height: rows.window, kernel_width: columns.window, samples: samples, in_height: rows.extent,
            in_width: columns.extent, in_channels: inputChannels, out_height: rows.output, out_width: columns.output,
            out_channels: outputChannels, top: rows.before, left: columns.before)
    }

    /// The convolution of the output's gradient with the turned kernel that gives the input's.
    private func turnedTiles(samples: Int) -> Winograd {
        Winograd(
            kernel_height: rows.window, kernel_width: columns.window, samples: samples, in_height: rows.output,
            in_width: columns.output, in_channels: outputChannels, out_height: rows.extent, out_width: columns.extent,
            out_channels: inputChannels, top: rows.window - 1 - rows.before, left: columns.window - 1 - columns.before)
    }

    /// Of the transformed kernel.
    var transformedCount: Int {
        var shape = tiles(samples: 1)
        return winograd_kernel_count(&shape)
    }
    /// Of the turned kernel, transformed, which the input's gradient reads.
    var turnedTransformedCount: Int {
        var shape = turnedTiles(samples: 1)
        return winograd_kernel_count(&shape)
    }

    func prepareTiles(_ parameters: FloatView, into prepared: MutableFloatView) {
        var shape = tiles(samples: 1)
        winograd_transform_kernel(&shape, parameters.pointer(kernelCount), prepared.pointer(transformedCount))
    }

    func prepareTurnedTiles(_ parameters: FloatView, into prepared: MutableFloatView) {
        var shape = turnedTiles(samples: 1)
        winograd_transform_turned_kernel(
            &shape, parameters.pointer(kernelCount), prepared.pointer(turnedTransformedCount))
    }

    /// What the passes by tiles need.
    func tilesWorkspaceCount(samples: Int) -> Int {
        var (shape, turned) = (tiles(samples: samples), turnedTiles(samples: samples))
        return max(
            tiledPasses.forward ? winograd_workspace_count(&shape) : 0,
            tiledPasses.inputGradient ? winograd_workspace_count(&turned) : 0,
            tiledPasses.weightGradient ? winograd_gradient_workspace_count(&shape) : 0)
    }

    private func tilesWorkspace(_ pass: LayerPass) -> UnsafeMutablePointer<Float> {
        pass.workspace.pointer(tilesWorkspaceCount(samples: pass.samples))
    }

    func forwardByTiles(_ pass: LayerPass) {
        var shape = tiles(samples: pass.samples)
        winograd_convolution(
            &shape, pass.inputs[0].pointer(pass.samples * inputShape.count), pass.prepared.pointer(transformedCount),
            bias(pass)?.pointer(outputChannels), isRectified ? 1 : 0, nil, tilesWorkspace(pass),
            pass.output.pointer(pass.samples * outputShape.count))
    }

    func writeInputGradientByTiles(_ inputGradient: MutableFloatView, _ pass: LayerPass) {
        var shape = turnedTiles(samples: pass.samples)
        let inputCount = pass.samples * inputShape.count
        winograd_convolution(
            &shape, FloatView(pass.outputGradient).pointer(pass.samples * outputShape.count),
            backwardKernel(pass).pointer(turnedTransformedCount), nil, 0,
            pass.rectifiesInputGradient ? pass.inputs[0].pointer(inputCount) : nil,
            tilesWorkspace(pass), inputGradient.pointer(inputCount))
    }

    func writeKernelGradientByTiles(_ pass: LayerPass) {
        var shape = tiles(samples: pass.samples)
        winograd_weight_gradient(
            &shape, pass.inputs[0].pointer(pass.samples * inputShape.count),
            FloatView(pass.outputGradient).pointer(pass.samples * outputShape.count),
            tilesWorkspace(pass), pass.parameterGradient.pointer(kernelCount))
    }
}
