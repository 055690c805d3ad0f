import FoundationEssentials
import Layers
import StampFormats
import Tensors
import Testing

/// Single layers and losses beside what Keras computes for them (`Tests/ReferenceValues/make_keras_layer_reference.py`).
@Suite struct KerasLayerTests {
    /// A case's configuration in Keras' words.
    struct Configuration: Decodable {
        let layer: String
        let training: Bool
        let filters: Int?
        let kernel_size: [Int]?
        let strides: [Int]?
        let pool_size: [Int]?
        let padding: Padding?
        let activation: String?
        let units: Int?
        let momentum: Float?
        let epsilon: Float?
    }

    static let file = Result {
        let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "ReferenceValues/keras/layers.safetensors")
        return try SafetensorsFile(contentsOf: url.path)
    }

    /// The cases of some kinds of layers; empty, and a test fails, when the file cannot be read.
    static func cases(_ kinds: String...) -> [String] {
        guard let file = try? file.get() else { return [] }
        return file.metadata.keys.sorted().filter { name in
            guard let configuration = try? configuration(name) else { return false }
            return kinds.contains(configuration.layer)
        }
    }

    static func configuration(_ name: String) throws -> Configuration {
        try JSONDecoder().decode(Configuration.self, from: Data(file.get().metadata[name]?.utf8 ?? "".utf8))
    }

    /// The tensors of one case.
    struct Reference {
        let name: String
        let file: SafetensorsFile
        let configuration: Configuration

        init(_ name: String) throws {
            self.name = name
            file = try KerasLayerTests.file.get()
            configuration = try KerasLayerTests.configuration(name)
        }

        func floats(_ tensor: String) throws -> [Float] { try file.floats("\(name)/\(tensor)") }
        func shape(_ tensor: String) throws -> [Int] { try #require(file.tensor(named: "\(name)/\(tensor)")).shape }
        var samples: Int { get throws { try shape("input")[0] } }
        var inputShape: Shape { get throws { Shape(Array(try shape("input").dropFirst())) } }

        /// Whether `values` are Keras' up to a few times what single precision determines, and a few roundings.
        func agree(_ values: [Float], _ tensor: String) throws -> Bool {
            let tolerance = Double(try floats("tolerance/\(tensor)")[0])
            return deviation(values, from: doubles(try floats(tensor))) <= max(4 * tolerance, 1e-6)
        }
    }

    @Test func thereAreCasesOfEachKind() {
        #expect(Self.cases("Conv2D").count >= 40 && Self.cases("Dense").count >= 7)
        #expect(Self.cases("MaxPooling2D").count >= 10 && Self.cases("BatchNormalization").count >= 6)
        #expect(Self.cases("CategoricalCrossentropy", "BinaryCrossentropy").count >= 6)
    }

    /// Runs a layer with kernel and bias, or none, and compares all that Keras computed.
    private func check(_ layer: some Layer, _ reference: Reference) throws {
        let parameters = try layer.parameters.flatMap { try reference.floats("parameter/\($0.name)") }
        let run = LayerRun(
            layer, input: try reference.floats("input"), parameters: parameters,
            outputGradient: try reference.floats("output_gradient"), count: try reference.samples)
        #expect(try reference.shape("output") == [reference.samples] + layer.outputShape.extents)
        #expect(try reference.agree(run.output, "output"))
        #expect(try reference.agree(run.inputGradient!, "input_gradient"))
        var start = 0
        for parameter in layer.parameters {
            let gradient = Array(run.parameterGradient[start..<start + parameter.shape.count])
            #expect(try reference.agree(gradient, "gradient/\(parameter.name)"), "\(parameter.name)")
            start += parameter.shape.count
        }
        #expect(run.isIntact)
    }

    @Test(arguments: cases("Conv2D")) func convolutionsAreThoseOfKeras(name: String) throws {
        let reference = try Reference(name)
        let configuration = reference.configuration
        let kernel = try #require(configuration.kernel_size), strides = try #require(configuration.strides)
        try check(
            Convolution2D(
                name: name, inputShape: try reference.inputShape, filters: try #require(configuration.filters),
                kernelSize: Extent2D(kernel[0], kernel[1]), strides: Extent2D(strides[0], strides[1]),
                padding: try #require(configuration.padding), isRectified: configuration.activation == "relu"),
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
                strides: Extent2D(strides[0], strides[1]), padding: try #require(reference.configuration.padding)),
            reference)
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
            layer.useMovingStatistics(state, parameters: parameters, prepared: memory.prepared.pointer)
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
