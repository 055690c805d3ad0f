import CKernels
import Tensors

/// Convolution as a product of patches with the kernel (`patch_product.h`), for any strides, dilation and padding.
///
/// The input's gradient is one convolution of the output's gradient for each phase of the strides: the input pixels
/// that meet the same taps of the kernel.
extension Convolution2D {
    private func patches(samples: Int) -> Patches {
        Patches(
            samples: samples, rows: rows.patches, columns: columns.patches, in_channels: inputChannels,
            out_channels: outputChannels, out_sample: outputShape.count,
            out_line: columns.output * outputChannels, out_pixel: outputChannels)
    }

    /// The kernel as the forward pass reads it.
    var kernelPanels: PanelWeights { patches(samples: 1).weights }

    func forwardByPatches(_ pass: LayerPass) {
        patches(samples: pass.samples).multiply(
            pass.inputs[0], pass.prepared, bias: bias(pass), isRectified: isRectified, into: pass.output)
    }

    // MARK: The input's gradient

    /// The phases of all strides, row by row.
    static func phases(rows: Axis, columns: Axis, inputShape: Shape, outputShape: Shape) -> [ConvolutionPhase] {
        let columnPhases = columns.phases
        return rows.phases.flatMap { row in
            columnPhases.map { column in
                ConvolutionPhase(
                    rowTaps: row.taps, columnTaps: column.taps,
                    firstValue: (row.first * columns.extent + column.first) * inputShape.channels,
                    patches: Patches(
                        samples: 0, rows: row.patches, columns: column.patches, in_channels: outputShape.channels,
                        out_channels: inputShape.channels, out_sample: inputShape.count,
                        out_line: rows.stride * columns.extent * inputShape.channels,
                        out_pixel: columns.stride * inputShape.channels))
            }
        }
    }

    /// Packs the transposed kernel, phase by phase.
    func prepare(_ phases: [ConvolutionPhase], _ parameters: FloatView, into prepared: MutableFloatView) {
        let block = inputChannels * outputChannels
        var panels = prepared
        for phase in phases {
            for (i, row) in phase.rowTaps.enumerated() {
                for (j, column) in phase.columnTaps.enumerated() {
                    phase.weights.writeTranspose(
                        parameters.slice(block, at: (row * kernelSize.width + column) * block), count: outputChannels,
                        first: (i * phase.columnTaps.count + j) * outputChannels, into: panels)
                }
            }
            panels = panels.dropFirst(phase.weights.count)
        }
    }

    /// Pixels of a phase without taps become zero.
    func writeInputGradient(
        _ inputGradient: MutableFloatView, by phases: [ConvolutionPhase], _ pass: LayerPass
    ) {
        guard pass.samples > 0 else { return }
        var panels = backwardKernel(pass)
        for phase in phases {
            var patches = phase.patches
            patches.samples = pass.samples
            patches.multiply(
                FloatView(pass.outputGradient), panels, into: inputGradient.dropFirst(phase.firstValue))
            panels = panels.dropFirst(phase.weights.count)
        }
    }
}

/// The input pixels of a convolution that are whole strides apart: they meet the same taps of the kernel.
struct ConvolutionPhase: Sendable {
    /// The taps that meet them, in the order of the windows that these belong to.
    let rowTaps, columnTaps: [Int]
    /// Where the first pixel lies on the input map.
    let firstValue: Int
    /// The gradient of these pixels as a convolution of the output's gradient; of no samples.
    let patches: Patches

    /// The transposed kernel of these taps.
    var weights: PanelWeights { patches.weights }
}

/// The pixels of an axis that are a whole number of strides apart: they meet the same taps, in other windows.
struct AxisPhase: Sendable {
    /// The first of the pixels; the others follow in steps of the stride.
    let first: Int
    /// The taps that meet them, from the last one on: in the order of the windows that they belong to.
    let taps: [Int]
    /// How windows of these taps slide along the outputs, one for each pixel.
    let patches: PatchAxis
}

extension Axis {
    var patches: PatchAxis {
        PatchAxis(pixels: extent, windows: output, taps: window, stride: stride, dilation: dilation, before: before)
    }

    /// A phase for each of the first `stride` pixels.
    var phases: [AxisPhase] {
        (0..<min(stride, extent)).map { first in
            let taps = (0..<window).filter { (first + before - $0 * dilation) % stride == 0 }.reversed()
            // Window w lies on pixel `first` with tap t = first + before − w·stride over the dilation.
            let windows = taps.map { (first + before - $0 * dilation) / stride }
            return AxisPhase(
                first: first, taps: Array(taps),
                patches: PatchAxis(
                    pixels: output, windows: (extent - 1 - first) / stride + 1, taps: taps.count, stride: 1,
                    dilation: windows.count > 1 ? windows[1] - windows[0] : 1, before: -(windows.first ?? 0)))
        }
    }
}
