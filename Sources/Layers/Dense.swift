import CKernels
import Tensors

/// A fully connected layer over the last axis: y = f(x·kernel + bias), with f the identity or ReLU.
///
/// Input (…, in), kernel (in, out), bias (out), output (…, out). On maps it works per pixel, as Keras' Dense does.
/// Results equal `keras.layers.Dense`.
public struct Dense: Layer {
    public let name: String
    public let inputShape: Shape
    public let outputShape: Shape
    /// Whether f is ReLU: max(x, 0).
    public let isRectified: Bool
    public let hasBias: Bool

    private let inputs: Int
    private let outputs: Int
    private let rowsPerSample: Int
    private let route: Route

    /// Which loops compute the layer.
    private enum Route {
        /// One or two outputs: vectors along the inputs.
        case narrow
        /// Vectors along the outputs, weights in place or padded to 16 outputs.
        case rows
        /// Large matrices: OpenBLAS.
        case matrixProduct
    }

    public init(name: String, inputShape: Shape, units: Int, isRectified: Bool = false, hasBias: Bool = true) {
        self.name = name
        self.inputShape = inputShape
        self.isRectified = isRectified
        self.hasBias = hasBias
        inputs = inputShape.channels
        outputs = units
        rowsPerSample = inputShape.rows
        outputShape = Shape(inputShape.extents.dropLast() + [units])
        // Weights beyond the second-level cache are read best in OpenBLAS' blocks.
        if rowsPerSample == 1 && units <= 2 && !isRectified {
            route = .narrow
        } else if units >= 16 && inputShape.channels >= 16 && units * inputShape.channels >= 1 << 17 {
            route = .matrixProduct
        } else {
            route = .rows
        }
    }

    public func rectified() -> (any Layer)? {
        Dense(name: name, inputShape: inputShape, units: outputs, isRectified: true, hasBias: hasBias)
    }

    public var parameters: [ParameterSpecification] {
        let kernel = ParameterSpecification(
            "kernel", [inputs, outputs], .glorotUniform(fanIn: inputs, fanOut: outputs))
        return hasBias ? [kernel, ParameterSpecification("bias", [outputs], .zeros)] : [kernel]
    }

    public var multiplyAdds: Int { rowsPerSample * inputs * outputs }

    // The rows route prepares the kernel padded to 16 outputs (where there are fewer) and the transposed kernel.
    private var paddedKernelCount: Int { outputs < 16 ? inputs * 16 : 0 }
    private var transposedKernel: TransposedWeights { TransposedWeights(rows: outputs, columns: inputs) }

    public var preparedCount: Int { route == .rows ? paddedKernelCount + transposedKernel.count : 0 }

    public func prepare(_ parameters: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
        guard route == .rows else { return }
        transposedKernel.write(parameters, count: outputs, first: 0, into: prepared + paddedKernelCount)
        guard outputs < 16 else { return }
        for input in 0..<inputs {
            (prepared + input * 16).update(from: parameters + input * outputs, count: outputs)
        }
    }

    /// Rows of all samples, each with `inputs` values in and `outputs` out.
    private func product(samples: Int) -> RowProduct {
        RowProduct(groups: samples, rows: rowsPerSample, inputs: inputs, outputs: outputs)
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: true, output: isRectified && !isOutputGradientRectified)
    }

    public func forward(_ pass: LayerPass) {
        let bias = hasBias ? pass.parameters + inputs * outputs : nil
        switch route {
        case .narrow:
            narrow_product(pass.inputs[0], pass.parameters, bias, pass.samples, inputs, outputs, pass.output)
        case .rows:
            var product = product(samples: pass.samples).flattened
            row_product(
                &product, pass.inputs[0], outputs < 16 ? pass.prepared : pass.parameters, bias, isRectified ? 1 : 0,
                pass.output)
        case .matrixProduct:
            let rows = pass.samples * rowsPerSample
            for row in 0..<rows {
                if let bias {
                    (pass.output + row * outputs).update(from: bias, count: outputs)
                } else {
                    (pass.output + row * outputs).update(repeating: 0, count: outputs)
                }
            }
            MatrixProduct.multiply(
                pass.inputs[0], pass.parameters, into: pass.output, rows: rows, columns: outputs, inner: inputs,
                keeping: 1)
            if isRectified { relu(pass.output, rows * outputs, pass.output) }
        }
    }

    public func backward(_ pass: LayerPass) {
        let rows = pass.samples * rowsPerSample
        let input = pass.inputs[0]
        let gradient = pass.outputGradient
        if isRectified && !pass.isOutputGradientRectified {
            relu_backward(pass.output, gradient, rows * outputs, gradient)
        }
        if hasBias { column_sums(gradient, rows, outputs, outputs, pass.parameterGradient + inputs * outputs) }
        switch route {
        case .narrow:
            narrow_product_weight_gradient(input, gradient, pass.samples, inputs, outputs, pass.parameterGradient)
            if let inputGradient = pass.inputGradients[0] {
                narrow_product_input_gradient(
                    gradient, pass.parameters, pass.samples, inputs, outputs, inputGradient)
            }
        case .rows:
            var product = product(samples: pass.samples)
            row_product_weight_gradient(&product, input, gradient, pass.parameterGradient)
            if let inputGradient = pass.inputGradients[0] {
                var transposed = product.transposed
                row_product(&transposed, gradient, pass.prepared + paddedKernelCount, nil, 0, inputGradient)
            }
        case .matrixProduct:
            MatrixProduct.multiply(
                input, gradient, into: pass.parameterGradient, rows: inputs, columns: outputs, inner: rows,
                transposeA: true)
            if let inputGradient = pass.inputGradients[0] {
                MatrixProduct.multiply(
                    gradient, pass.parameters, into: inputGradient, rows: rows, columns: inputs, inner: outputs,
                    transposeB: true)
            }
        }
    }
}
