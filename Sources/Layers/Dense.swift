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
    package enum Route: Sendable {
        /// One or two outputs: vectors along the inputs.
        case narrow
        /// Vectors along the outputs, weights in panels.
        case panels
        /// Matrices of which two rearranged copies would take too much memory: OpenBLAS.
        case matrixProduct
    }

    public init(name: String, inputShape: Shape, units: Int, isRectified: Bool = false, hasBias: Bool = true) {
        let weights = inputShape.channels * units
        let route: Route =
            if inputShape.rows == 1 && units <= 2 && !isRectified {
                .narrow
            } else if weights < 1 << 25 {
                .panels
            } else {
                .matrixProduct
            }
        self.init(
            name: name, inputShape: inputShape, units: units, isRectified: isRectified, hasBias: hasBias, route: route)
    }

    /// - Parameter route: `panels` and `matrixProduct` compute every layer, `narrow` those of one or two outputs.
    package init(name: String, inputShape: Shape, units: Int, isRectified: Bool, hasBias: Bool, route: Route) {
        self.name = name
        self.inputShape = inputShape
        self.isRectified = isRectified
        self.hasBias = hasBias
        self.route = route
        inputs = inputShape.channels
        outputs = units
        rowsPerSample = inputShape.rows
        outputShape = Shape(inputShape.extents.dropLast() + [units])
    }

    public func rectified() -> (any Layer)? {
        Dense(
            name: name, inputShape: inputShape, units: outputs, isRectified: true, hasBias: hasBias,
            route: route == .narrow ? .panels : route)
    }

    public var parameters: [ParameterSpecification] {
        let kernel = ParameterSpecification(
            "kernel", [inputs, outputs], .glorotUniform(fanIn: inputs, fanOut: outputs))
        return hasBias ? [kernel, ParameterSpecification("bias", [outputs], .zeros)] : [kernel]
    }

    public var callsOpenBLAS: Bool { route == .matrixProduct }

    public func portable() -> any Layer {
        Dense(
            name: name, inputShape: inputShape, units: outputs, isRectified: isRectified, hasBias: hasBias,
            route: route == .matrixProduct ? .panels : route)
    }

    public var multiplyAdds: Int { rowsPerSample * inputs * outputs }

    // MARK: Prepared weights: the kernel and its transpose in panels

    private var kernelPanels: PanelWeights { PanelWeights(rows: inputs, columns: outputs) }
    private var transposedPanels: PanelWeights { PanelWeights(rows: outputs, columns: inputs) }

    public var preparedCount: Int {
        route == .panels ? kernelPanels.count + transposedPanels.count : 0
    }

    public func prepare(_ parameters: FloatView, into prepared: MutableFloatView) {
        guard route == .panels else { return }
        kernelPanels.write(parameters, count: inputs, first: 0, into: prepared)
        transposedPanels.writeTranspose(
            parameters, count: outputs, first: 0, into: prepared.dropFirst(kernelPanels.count))
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: true, output: isRectified && !isOutputGradientRectified)
    }

    public func forward(_ pass: LayerPass) {
        let bias = hasBias ? pass.parameters.slice(outputs, at: inputs * outputs) : nil
        switch route {
        case .narrow:
            narrow_product(
                pass.inputs[0].pointer(pass.samples * inputs), pass.parameters.pointer(inputs * outputs),
                bias?.pointer(outputs), pass.samples, inputs, outputs, pass.output.pointer(pass.samples * outputs))
        case .panels:
            Patches(rows: pass.samples * rowsPerSample, inputs: inputs, outputs: outputs).multiply(
                pass.inputs[0], pass.prepared, bias: bias, isRectified: isRectified, into: pass.output)
        case .matrixProduct:
            let rows = pass.samples * rowsPerSample
            let output = pass.output.slice(rows * outputs)
            if let bias {
                for row in 0..<rows { output.slice(outputs, at: row * outputs).update(from: bias) }
            } else {
                output.update(repeating: 0)
            }
            MatrixProduct.multiply(
                pass.inputs[0], pass.parameters, into: output, rows: rows, columns: outputs, inner: inputs, keeping: 1)
            if isRectified { relu(output.pointer(output.count), output.count, output.pointer(output.count)) }
        }
    }

    public func backward(_ pass: LayerPass) {
        let rows = pass.samples * rowsPerSample
        if isRectified { pass.undoRectifier(count: rows * outputs) }
        if pass.needsParameterGradient {
            if hasBias { pass.writeBiasGradient(rows: rows, outputs: outputs, at: inputs * outputs) }
            writeKernelGradient(pass)
        }
        if let inputGradient = pass.inputGradients[0] { writeInputGradient(inputGradient, pass) }
    }

    /// ∂loss/∂kernel from `pass.inputs` and `pass.outputGradient`.
    private func writeKernelGradient(_ pass: LayerPass) {
        let rows = pass.samples * rowsPerSample
        let (input, gradient) = (pass.inputs[0], FloatView(pass.outputGradient))
        switch route {
        case .narrow:
            narrow_product_weight_gradient(
                input.pointer(rows * inputs), gradient.pointer(rows * outputs), pass.samples, inputs, outputs,
                pass.parameterGradient.pointer(inputs * outputs))
        case .panels:
            RowProduct(groups: pass.samples, rows: rowsPerSample, inputs: inputs, outputs: outputs).writeWeightGradient(
                input, gradient, into: pass.parameterGradient)
        case .matrixProduct:
            MatrixProduct.multiply(
                input, gradient, into: pass.parameterGradient, rows: inputs, columns: outputs, inner: rows,
                transposeA: true)
        }
    }

    /// ∂loss/∂x from `pass.outputGradient` and the kernel.
    private func writeInputGradient(_ inputGradient: MutableFloatView, _ pass: LayerPass) {
        let rows = pass.samples * rowsPerSample
        let gradient = FloatView(pass.outputGradient)
        switch route {
        case .narrow:
            narrow_product_input_gradient(
                gradient.pointer(rows * outputs), pass.parameters.pointer(inputs * outputs), pass.samples, inputs,
                outputs, inputGradient.pointer(rows * inputs))
        case .panels:
            Patches(rows: rows, inputs: outputs, outputs: inputs).multiply(
                gradient, pass.prepared.dropFirst(kernelPanels.count), into: inputGradient)
        case .matrixProduct:
            MatrixProduct.multiply(
                gradient, pass.parameters, into: inputGradient, rows: rows, columns: inputs, inner: outputs,
                transposeB: true)
        }
    }
}
