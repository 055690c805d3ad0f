import CKernels
import Tensors

/// The passes of a convolution that Winograd's minimal filtering (`winograd.h`) takes here, a function of shapes alone:
/// with tiles of which side, or nil for passes that other loops compute.
///
/// It serves kernels of 3, 5 or 7 rows and columns with strides of one and multiplies half to a quarter as often. That
/// pays for enough channels that transforming tiles costs little beside multiplying them, and maps of which no large part
/// of the tiles lies outside.
struct TiledPasses: Sendable {
    let forward: Int?
    let inputGradient: Int?
    let weightGradient: Int?

    /// How many multiplications transforming a tile takes as long as, for each channel, as measured.
    private struct TransformCosts {
        let small: Int
        let large: Int
        static let forward = TransformCosts(small: 100, large: 500)
        static let gradient = TransformCosts(small: 150, large: 600)
    }

    init(rows: Axis, columns: Axis, inputChannels: Int, outputChannels: Int) {
        func isPlain(_ axis: Axis) -> Bool {
            [3, 5, 7].contains(axis.window) && axis.stride == 1 && axis.dilation == 1
        }
        let (channels, products) = (inputChannels + outputChannels, inputChannels * outputChannels)
        let pieces = Extent2D((rows.window - 1) / 2, (columns.window - 1) / 2)
        let isOnePiece = pieces == Extent2D(1, 1)
        /// The side of the tiles that save most for a map of this size.
        func side(_ height: Int, _ width: Int, _ costs: TransformCosts) -> Int? {
            func cost(_ side: Int, _ transform: Int) -> Int {
                let (lines, tiles) = ((height + side - 1) / side, (width + side - 1) / side)
                let places = ((side + 1) * pieces.height + 1) * ((side + 1) * pieces.width + 1)
                let transformed = (lines + pieces.height - 1) * (tiles + pieces.width - 1)
                return places * products * lines * tiles + transform * channels * transformed
            }
            // Less than 15 % is not worth the larger errors.
            func isWorth(_ new: Int, _ old: Int) -> Bool { old * 20 >= new * 23 }
            let (direct, small) = (rows.tapsOnMap * columns.tapsOnMap * products, cost(2, costs.small))
            let large = isOnePiece ? cost(4, costs.large) : .max / 23
            if isWorth(large, min(small, direct)) { return 4 }
            // Of more than one piece lines are computed one by one.
            return isWorth(small, direct) && (isOnePiece || width > 6) ? 2 : nil
        }
        let (isPlain, fewest) = (isPlain(rows) && isPlain(columns), min(inputChannels, outputChannels))
        let fits = isPlain && fewest >= 16
        forward = fits ? side(rows.output, columns.output, .forward) : nil
        inputGradient = fits ? side(rows.extent, columns.extent, .forward) : nil
        // Optimizers that divide by a gradient's own size amplify what tiles round off of small ones. With few channels a
        // gradient is a sum over few positions, and the direct sum of small ones is nearly exact. Many channels on one
        // side (DenseNet's 128 to 32) make up for few on the other.
        let hasTiledGradient = fewest >= 48 || (fewest >= 32 && channels >= 128)
        weightGradient = isPlain && hasTiledGradient ? side(rows.output, columns.output, .gradient) : nil
    }
}

extension Convolution2D {
    private func tiles(_ side: Int?, samples: Int) -> Winograd {
        Winograd(
            tile: side ?? 2, kernel_height: rows.window, kernel_width: columns.window, samples: samples,
            in_height: rows.extent, in_width: columns.extent, in_channels: inputChannels, out_height: rows.output,
            out_width: columns.output, out_channels: outputChannels, top: rows.before, left: columns.before)
    }

    /// The convolution of the output's gradient with the turned kernel that gives the input's.
    private func turnedTiles(samples: Int) -> Winograd {
        Winograd(
            tile: tiledPasses.inputGradient ?? 2, kernel_height: rows.window, kernel_width: columns.window,
            samples: samples, in_height: rows.output,
            in_width: columns.output, in_channels: outputChannels, out_height: rows.extent, out_width: columns.extent,
            out_channels: inputChannels, top: rows.window - 1 - rows.before, left: columns.window - 1 - columns.before)
    }

    /// Of the transformed kernel.
    var transformedCount: Int {
        var shape = tiles(tiledPasses.forward, samples: 1)
        return winograd_kernel_count(&shape)
    }
    /// Of the turned kernel, transformed, which the input's gradient reads.
    var turnedTransformedCount: Int {
        var shape = turnedTiles(samples: 1)
        return winograd_kernel_count(&shape)
    }

    func prepareTiles(_ parameters: FloatView, into prepared: MutableFloatView) {
        var shape = tiles(tiledPasses.forward, samples: 1)
        winograd_transform_kernel(&shape, parameters.pointer(kernelCount), prepared.pointer(transformedCount))
    }

    func prepareTurnedTiles(_ parameters: FloatView, into prepared: MutableFloatView) {
        var shape = turnedTiles(samples: 1)
        winograd_transform_turned_kernel(
            &shape, parameters.pointer(kernelCount), prepared.pointer(turnedTransformedCount))
    }

    /// What the passes by tiles need.
    func tilesWorkspaceCount(samples: Int) -> Int {
        var (forward, turned) = (tiles(tiledPasses.forward, samples: samples), turnedTiles(samples: samples))
        var gradient = tiles(tiledPasses.weightGradient, samples: samples)
        return max(
            tiledPasses.forward == nil ? 0 : winograd_workspace_count(&forward),
            tiledPasses.inputGradient == nil ? 0 : winograd_workspace_count(&turned),
            tiledPasses.weightGradient == nil ? 0 : winograd_gradient_workspace_count(&gradient))
    }

    private func tilesWorkspace(_ pass: LayerPass) -> UnsafeMutablePointer<Float> {
        pass.workspace.pointer(tilesWorkspaceCount(samples: pass.samples))
    }

    func forwardByTiles(_ pass: LayerPass) {
        var shape = tiles(tiledPasses.forward, samples: pass.samples)
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
        var shape = tiles(tiledPasses.weightGradient, samples: pass.samples)
        winograd_weight_gradient(
            &shape, pass.inputs[0].pointer(pass.samples * inputShape.count),
            FloatView(pass.outputGradient).pointer(pass.samples * outputShape.count),
            tilesWorkspace(pass), pass.parameterGradient.pointer(kernelCount))
    }
}
