import Layers
import NumericTestSupport
import Tensors
import Testing

/// Single layers and losses beside what Keras computes for them
/// (`Tests/ReferenceValues/make_keras_layer_reference.py`).
@Suite struct KerasLayerTests {
    private typealias Reference = KerasLayerReference

    /// The cases of some kinds of layers.
    static func cases(_ kinds: String...) -> [String] { KerasLayerReference.cases(kinds) }

    @Test func thereAreCasesOfEachKind() {
        #expect(Self.cases("Conv2D").count >= 40 && Self.cases("Dense").count >= 7)
        #expect(Self.cases("MaxPooling2D").count >= 10 && Self.cases("BatchNormalization").count >= 6)
        #expect(Self.cases("CategoricalCrossentropy", "BinaryCrossentropy").count >= 6)
        #expect(Self.cases("AveragePooling2D").count >= 8 && Self.cases("Add", "Concatenate", "Flatten").count >= 4)
        #expect(Self.cases("GlobalAveragePooling2D", "GlobalMaxPooling2D").count >= 3)
        #expect(Self.cases("Activation", "LeakyReLU", "ELU", "Gelu").count >= 13)
    }

    /// No kind of layer in the file is left out.
    @Test func everyCaseIsCompared() throws {
        let versions = ["keras", "numpy", "python", "tensorflow"]
        let names = Set(try Reference.file.get().metadata.keys).subtracting(versions)
        let compared = Self.cases(
            "Conv2D", "Dense", "MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D",
            "BatchNormalization", "Activation", "LeakyReLU", "ELU", "Gelu", "ZeroPadding2D", "Flatten", "Add",
            "Concatenate", "CategoricalCrossentropy", "BinaryCrossentropy")
        #expect(names == Set(compared))
    }

    /// Runs a layer with kernel and bias, or none, and compares all that Keras computed.
    private func check(_ layer: some Layer, _ reference: Reference) throws { try reference.compare(with: layer) }

    @Test(arguments: cases("Conv2D")) func convolutionsAreThoseOfKeras(name: String) throws {
        let reference = try Reference(name)
        let configuration = reference.configuration
        let kernel = try #require(configuration.kernel_size), strides = try #require(configuration.strides)
        try check(
            Convolution2D(
                name: name, inputShape: try reference.inputShape, filters: try #require(configuration.filters),
                kernelSize: Extent2D(kernel[0], kernel[1]), strides: Extent2D(strides[0], strides[1]),
                padding: try configuration.windowPadding(), isRectified: configuration.activation == "relu"),
            reference)
    }

    @Test(arguments: cases("Dense")) func denseLayersAreThoseOfKeras(name: String) throws {
        let reference = try Reference(name)
        let activation = try #require(reference.configuration.activation)
        let layer = Dense(
            name: name, inputShape: try reference.inputShape, units: try #require(reference.configuration.units),
            isRectified: activation == "relu")
        if activation == "linear" || activation == "relu" { return try check(layer, reference) }
        // Softmax and sigmoid belong to the loss here: their probabilities are compared.
        let parameters = try layer.parameters.flatMap { try reference.floats("parameter/\($0.name)") }
        let samples = try reference.samples
        var values = LayerRun(
            layer, input: try reference.floats("input"), parameters: parameters, count: samples
        ).output
        let loss = activation == "softmax" ? Loss.softmaxCrossEntropy : .sigmoidCrossEntropy
        let logits = values
        loss.probabilities(logits: logits, samples: samples, outputs: layer.outputShape.count, into: &values)
        #expect(try reference.agree(values, "output"))
    }

    @Test(arguments: cases("MaxPooling2D")) func maxPoolingIsThatOfKeras(name: String) throws {
        let reference = try Reference(name)
        let window = try #require(reference.configuration.pool_size)
        let strides = try #require(reference.configuration.strides)
        try check(
            MaxPooling2D(
                name: name, inputShape: try reference.inputShape, poolSize: Extent2D(window[0], window[1]),
                strides: Extent2D(strides[0], strides[1]), padding: try reference.configuration.windowPadding()),
            reference)
    }

    @Test(arguments: cases("AveragePooling2D")) func averagePoolingIsThatOfKeras(name: String) throws {
        let reference = try Reference(name)
        let window = try #require(reference.configuration.pool_size)
        let strides = try #require(reference.configuration.strides)
        try check(
            AveragePooling2D(
                name: name, inputShape: try reference.inputShape, poolSize: Extent2D(window[0], window[1]),
                strides: Extent2D(strides[0], strides[1]), padding: try reference.configuration.windowPadding()),
            reference)
    }

    @Test(arguments: cases("GlobalAveragePooling2D", "GlobalMaxPooling2D"))
    func globalPoolingIsThatOfKeras(name: String) throws {
        let reference = try Reference(name)
        try check(
            GlobalPooling2D(
                name: name, inputShape: try reference.inputShape,
                statistic: reference.configuration.layer == "GlobalMaxPooling2D" ? .maximum : .mean),
            reference)
    }

    @Test(arguments: cases("ZeroPadding2D")) func zeroPaddingIsThatOfKeras(name: String) throws {
        let reference = try Reference(name)
        let padding = try reference.configuration.paddingAround()
        try check(
            ZeroPadding2D(
                name: name, inputShape: try reference.inputShape, top: padding[0][0], bottom: padding[0][1],
                left: padding[1][0], right: padding[1][1]),
            reference)
    }

    @Test(arguments: cases("Flatten")) func flatteningIsThatOfKeras(name: String) throws {
        let reference = try Reference(name)
        try check(Copy(name: name, outputShape: [try reference.inputShape.count]), reference)
    }

    @Test(arguments: cases("Activation", "LeakyReLU", "ELU", "Gelu"))
    func activationsAreThoseOfKeras(name: String) throws {
        let reference = try Reference(name)
        try check(
            ActivationLayer(
                name: name, inputShape: try reference.inputShape,
                function: try reference.configuration.activationFunction()),
            reference)
    }

    @Test(arguments: cases("Add", "Concatenate")) func mergingIsThatOfKeras(name: String) throws {
        let reference = try Reference(name)
        let names = (0..<9).filter { reference.file.tensor(named: "\(name)/input_\($0)") != nil }
        let shapes = try names.map { try reference.shape("input_\($0)") }
        let inputShapes = shapes.map { Shape(Array($0.dropFirst())) }
        let layer: any Layer =
            reference.configuration.layer == "Add"
            ? Add(name: name, inputShape: inputShapes[0]) : Concatenate(name: name, inputShapes: inputShapes)
        let run = LayerRun(
            layer, inputs: try names.map { try reference.floats("input_\($0)") },
            outputGradient: try reference.floats("output_gradient"), wantsInputGradients: names.map { _ in true },
            count: shapes[0][0])
        #expect(names.count >= 2 && run.isIntact)
        #expect(try reference.agree(run.output, "output"))
        for number in names {
            #expect(try reference.agree(run.inputGradients[number]!, "input_gradient_\(number)"))
        }
    }

    @Test(arguments: cases("BatchNormalization")) func batchNormalizationIsThatOfKeras(name: String) throws {
        let reference = try Reference(name)
        let layer = BatchNormalization(
            name: name, inputShape: try reference.inputShape, momentum: try #require(reference.configuration.momentum),
            epsilon: try #require(reference.configuration.epsilon))
        let (samples, input) = (try reference.samples, try reference.floats("input"))
        let parameters = try reference.floats("parameter/gamma") + reference.floats("parameter/beta")
        let state = try reference.floats("parameter/moving_mean") + reference.floats("parameter/moving_variance")
        guard reference.configuration.training else {
            let memory = LayerMemory(layer, samples: samples, inputCount: input.count)
            memory.input.values = input
            memory.useMovingStatistics(state, parameters: parameters, of: layer)
            layer.forward(memory.pass)
            #expect(try reference.agree(memory.output.values, "output"))
            return
        }
        let run = BatchNormalizationTests.BatchRun(
            layer, input: input, parameters: parameters, state: state,
            outputGradient: try reference.floats("output_gradient"), microbatches: [1, samples - 1])
        let channels = layer.outputShape.channels
        let gradient = run.parameterGradient.map { Float($0) }
        #expect(try reference.agree(run.output, "output"))
        #expect(try reference.agree(run.inputGradient, "input_gradient"))
        #expect(try reference.agree(Array(gradient[..<channels]), "gradient/gamma"))
        #expect(try reference.agree(Array(gradient[channels...]), "gradient/beta"))
        #expect(try reference.agree(Array(run.state[..<channels]), "updated/moving_mean"))
        #expect(try reference.agree(Array(run.state[channels...]), "updated/moving_variance"))
    }

    @Test(arguments: cases("CategoricalCrossentropy", "BinaryCrossentropy")) func lossesAreThoseOfKeras(name: String)
        throws
    {
        let reference = try Reference(name)
        let loss =
            reference.configuration.layer == "BinaryCrossentropy" ? Loss.sigmoidCrossEntropy : .softmaxCrossEntropy
        let (samples, outputs) = (try reference.samples, try reference.inputShape.count)
        let (logits, targets) = (try reference.floats("input"), try reference.floats("targets"))
        var mean = 0.0
        var gradient = [Float](repeating: 0, count: logits.count)
        for sample in 0..<samples {
            let places = sample * outputs..<(sample + 1) * outputs
            let label =
                outputs == 1
                ? Int(targets[sample]) : try #require(targets[places].firstIndex(of: 1)) - places.lowerBound
            mean += loss.value(logits: Array(logits[places]), outputs: outputs, label: label) / Double(samples)
            gradient.withUnsafeMutableBufferPointer {
                loss.gradient(
                    logits: Array(logits[places]), outputs: outputs, label: label, weight: 1 / Double(samples),
                    into: $0.baseAddress! + places.lowerBound)
            }
        }
        #expect(try reference.agree([Float(mean)], "output"))
        #expect(try reference.agree(gradient, "input_gradient"))
    }
}
