import CKernels
import Tensors

/// The passes that loops for kernels of three columns take (`line_convolution.h`).
extension Convolution2D {
    func forwardByThreeColumns(_ pass: LayerPass) {
        var shape = threeColumns.shape(samples: pass.samples)
        line_convolution(
            &shape, pass.inputs[0].pointer(pass.samples * inputShape.count), pass.parameters.pointer(kernelCount),
            bias(pass)?.pointer(outputChannels), isRectified ? 1 : 0,
            pass.output.pointer(pass.samples * outputShape.count))
    }

    func writeKernelGradientByThreeColumns(_ pass: LayerPass) {
        var shape = threeColumns.shape(samples: pass.samples)
        line_convolution_weight_gradient(
            &shape, pass.inputs[0].pointer(pass.samples * inputShape.count),
            pass.outputGradient.pointer(pass.samples * outputShape.count), pass.parameterGradient.pointer(kernelCount))
    }

    func writeInputGradientByThreeColumns(_ inputGradient: MutableFloatView, _ pass: LayerPass) {
        var shape = threeColumns.shape(samples: pass.samples)
        let inputCount = pass.samples * inputShape.count
        line_convolution_input_gradient(
            &shape, pass.outputGradient.pointer(pass.samples * outputShape.count),
            backwardKernel(pass).pointer(transposedKernelCount),
            pass.rectifiesInputGradient ? pass.inputs[0].pointer(inputCount) : nil, inputGradient.pointer(inputCount))
    }

    /// The transposed kernel, (height, 3, out, in), which the input's gradient reads.
    var transposedKernelCount: Int { kernelCount }

    func prepareThreeColumns(_ parameters: FloatView, into prepared: MutableFloatView) {
        let block = inputChannels * outputChannels
        for tap in 0..<kernelSize.height * kernelSize.width {
            transpose(
                parameters.pointer(block, at: tap * block), inputChannels, outputChannels, inputChannels,
                prepared.pointer(block, at: tap * block))
        }
    }
}

/// Which passes of a convolution with three kernel columns and stride one the loops of `line_convolution.h` take here.
struct ThreeColumns: Sendable {
    private var kernelHeight = 0
    private var inputChannels = 0
    private var outputChannels = 0
    private var outputHeight = 0
    private var outputWidth = 0
    private(set) var forward = false
    private(set) var inputGradient = false
    private(set) var weightGradient = false

    /// None of them.
    init() {}

    init(kernelHeight: Int, inputChannels: Int, outputChannels: Int, outputHeight: Int, outputWidth: Int) {
        self.kernelHeight = kernelHeight
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.outputHeight = outputHeight
        self.outputWidth = outputWidth
        var shape = shape(samples: 1)
        forward = line_convolution_fits_forward(&shape) != 0
        inputGradient = line_convolution_fits_input_gradient(&shape) != 0
        weightGradient = line_convolution_fits_weight_gradient(&shape) != 0
    }

    func shape(samples: Int) -> LineConvolution {
        LineConvolution(
            samples: samples, kernel_height: kernelHeight, in_channels: inputChannels, out_channels: outputChannels,
            out_height: outputHeight, out_width: outputWidth)
    }
}
