import CKernels
import Tensors

/// Convolution with a 1×1 kernel: a matrix product of pixels × channels. With strides the pixels are gathered first.
extension Convolution2D {
    private var isStrided: Bool { rows.stride != 1 || columns.stride != 1 }
    private var outputPixels: Int { rows.output * columns.output }

    func pointwiseWorkspaceCount(samples: Int) -> Int { isStrided ? samples * outputPixels * inputChannels : 0 }

    private func product(samples: Int) -> RowProduct {
        let count = samples * outputPixels
        // Partial sums of the weights' gradient run over some hundred rows at most.
        let isOneGroup = count <= 512
        return RowProduct(
            groups: isOneGroup ? 1 : samples, rows: isOneGroup ? count : outputPixels, inputs: inputChannels,
            outputs: outputChannels)
    }

    /// Calls `body` with the place of each output pixel in the input and in a dense list.
    private func eachPixel(samples: Int, _ body: (_ strided: Int, _ dense: Int) -> Void) {
        var dense = 0
        for sample in 0..<samples {
            for row in 0..<rows.output {
                for column in 0..<columns.output {
                    let pixel = (sample * rows.extent + row * rows.stride) * columns.extent + column * columns.stride
                    body(pixel * inputChannels, dense * inputChannels)
                    dense += 1
                }
            }
        }
    }

    /// The pixels that the kernel meets, in the workspace where there are others between them.
    private func pixels(_ pass: LayerPass) -> FloatView {
        guard isStrided else { return pass.inputs[0] }
        eachPixel(samples: pass.samples) { strided, dense in
            pass.workspace.slice(inputChannels, at: dense).update(
                from: pass.inputs[0].slice(inputChannels, at: strided))
        }
        return FloatView(pass.workspace)
    }

    func forwardPointwise(_ pass: LayerPass) {
        product(samples: pass.samples).flattened.multiply(
            pixels(pass), forwardKernel(pass), bias: bias(pass), isRectified: isRectified, into: pass.output)
    }

    func writeKernelGradientPointwise(_ pass: LayerPass) {
        product(samples: pass.samples).writeWeightGradient(
            pixels(pass), FloatView(pass.outputGradient), into: pass.parameterGradient)
    }

    func writeInputGradientPointwise(_ inputGradient: MutableFloatView, _ pass: LayerPass) {
        product(samples: pass.samples).transposed.multiply(
            FloatView(pass.outputGradient), backwardKernel(pass), into: isStrided ? pass.workspace : inputGradient)
        guard isStrided else { return }
        inputGradient.slice(pass.samples * inputShape.count).update(repeating: 0)
        eachPixel(samples: pass.samples) { strided, dense in
            inputGradient.slice(inputChannels, at: strided).update(
                from: pass.workspace.slice(inputChannels, at: dense))
        }
    }
}
