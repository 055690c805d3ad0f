import CKernels

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

    private func pixels(_ pass: LayerPass) -> UnsafeMutablePointer<Float> {
        guard isStrided else { return pass.inputs[0] }
        eachPixel(samples: pass.samples) { strided, dense in
            (pass.workspace + dense).update(from: pass.inputs[0] + strided, count: inputChannels)
        }
        return pass.workspace
    }

    func forwardPointwise(_ pass: LayerPass) {
        var product = product(samples: pass.samples).flattened
        row_product(&product, pixels(pass), forwardKernel(pass), bias(pass), isRectified ? 1 : 0, pass.output)
    }

    func backwardPointwise(_ pass: LayerPass) {
        var product = product(samples: pass.samples)
        row_product_weight_gradient(&product, pixels(pass), pass.outputGradient, pass.parameterGradient)
        guard let inputGradient = pass.inputGradients[0] else { return }
        var transposed = product.transposed
        let turned = pass.prepared + paddedKernelCount
        guard isStrided else {
            row_product(&transposed, pass.outputGradient, turned, nil, 0, inputGradient)
            return
        }
        row_product(&transposed, pass.outputGradient, turned, nil, 0, pass.workspace)
        inputGradient.update(repeating: 0, count: pass.samples * inputShape.count)
        eachPixel(samples: pass.samples) { strided, dense in
            (inputGradient + strided).update(from: pass.workspace + dense, count: inputChannels)
        }
    }
}
