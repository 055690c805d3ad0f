import Files
import FoundationEssentials
import LayerCatalog
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// The notebook's networks: their parameters, their summary, their first values.
@Suite struct StandardNetworkTests {
    static func network(_ name: StandardNetwork, classes: Int = 2, height: Int = 21, width: Int = 21) throws -> Network
    {
        try Network(name.description(height: height, width: width, classes: classes))
    }

    @Test(
        arguments: [
            (.simple, 2, 27_452, 0), (.simple, 1, 14_221, 0), (.simpleBN, 2, 27_512, 60), (.simpleBN, 1, 14_281, 60),
            (.vgg6, 2, 25_394, 64), (.vgg6, 1, 25_137, 64), (.vgg6Wide, 2, 98_146, 0), (.vgg6Wide, 1, 98_017, 0),
        ] as [(StandardNetwork, Int, Int, Int)])
    func parameterCountsAreThoseOfTheNotebookAndOfKeras(name: StandardNetwork, classes: Int, trainable: Int, state: Int)
        throws
    {
        let network = try Self.network(name, classes: classes)
        #expect(network.trainableCount == trainable && network.stateCount == state)
        #expect(network.outputs == classes)
        #expect(network.loss == (classes == 1 ? .sigmoidCrossEntropy : .softmaxCrossEntropy))
        #expect(network.segments == ([.simple, .vgg6Wide].contains(name) ? 1 : 2))
        #expect(network.inputShape == [21, 21, 1])
    }

    /// One line of the table: name, Keras class, shape and count.
    private func rows(_ summary: String) -> [[String]] {
        summary.split(separator: "\n").compactMap { line in
            guard let open = line.firstIndex(of: "("), let shape = line.firstRange(of: "(None") else { return nil }
            let close = line[shape.lowerBound...].firstIndex(of: ")")!
            return [
                String(line[..<open]).trimmed, String(line[line.index(after: open)..<shape.lowerBound]).trimmed,
                String(line[shape.lowerBound...close]), String(line[line.index(after: close)...]).trimmed,
            ]
        }
    }

    @Test func summaryOfVGG6IsTheNotebooksTable() throws {
        let summary = try Self.network(.vgg6).summary
        // The notebook's output, but for thousands separators (newer Keras) and for `flatten_2`, the session's third.
        #expect(
            rows(summary) == [
                ["conv1", "Conv2D)", "(None, 19, 19, 16)", "160"], ["conv2", "Conv2D)", "(None, 17, 17, 16)", "2,320"],
                ["max_pooling2d", "MaxPooling2D)", "(None, 8, 8, 16)", "0"],
                ["dropout", "Dropout)", "(None, 8, 8, 16)", "0"], ["conv3", "Conv2D)", "(None, 6, 6, 32)", "4,640"],
                ["conv4", "Conv2D)", "(None, 4, 4, 32)", "9,248"],
                ["bn_2", "BatchNormalization)", "(None, 4, 4, 32)", "128"],
                ["max_pooling2d_1", "MaxPooling2D)", "(None, 1, 1, 32)", "0"],
                ["dropout_1", "Dropout)", "(None, 1, 1, 32)", "0"], ["flatten", "Flatten)", "(None, 32)", "0"],
                ["fc_1", "Dense)", "(None, 256)", "8,448"], ["dropout_2", "Dropout)", "(None, 256)", "0"],
                ["fc_out", "Dense)", "(None, 2)", "514"],
            ])
        #expect(summary.contains("\nTotal params: 25,458\nTrainable params: 25,394\nNon-trainable params: 64\n"))
        #expect(summary.hasPrefix("Model: \"VGG6\"\n"))
    }

    /// Behind the flattened maps; what was there stays as it is.
    @Test(arguments: StandardNetwork.allCases) func featuresJoinBeforeTheDenseLayers(name: StandardNetwork) throws {
        let alone = name.description(height: 21, width: 21, channels: 2, classes: 3)
        #expect(name.description(height: 21, width: 21, channels: 2, features: 0, classes: 3) == alone)
        let joined = name.description(height: 21, width: 21, channels: 2, features: 4, classes: 3)
        let place = try #require(alone.layers.firstIndex { $0.name == "flatten" })
        var expected = alone.layers
        expected[0].name = "stamps"
        for index in expected.indices {
            let inputs = alone.layers[index].inputs
            expected[index].inputs = inputs.map { ["input": "stamps", "flatten": "concatenate"][$0] ?? $0 }
        }
        expected.insert(
            contentsOf: [
                LayerDescription(name: "features", kind: .input(shape: [4]), inputs: []),
                LayerDescription(name: "concatenate", kind: .concatenate, inputs: ["flatten", "features"]),
            ], at: place + 1)
        #expect(joined.layers == expected && joined.name == alone.name)
        let network = try Network(joined)
        #expect(network.inputShape == [21, 21, 2] && network.featureCount == 4)
        #expect(network.sampleValues == 21 * 21 * 2 + 4)
        // The first dense layer behind them has as many rows more.
        let units = name == .vgg6 ? 256 : name == .vgg6Wide ? 128 : 3
        #expect(try network.trainableCount == Network(alone).trainableCount + 4 * units)
    }

    @Test func summaryShowsBothInputs() throws {
        let description = StandardNetwork.simple.description(height: 21, width: 21, features: 4, classes: 2)
        #expect(
            rows(try Network(description).summary) == [
                ["stamps", "InputLayer)", "(None, 21, 21, 1)", "0"], ["fc_1", "Dense)", "(None, 21, 21, 30)", "60"],
                ["fc_2", "Dense)", "(None, 21, 21, 30)", "930"], ["flatten", "Flatten)", "(None, 13230)", "0"],
                ["features", "InputLayer)", "(None, 4)", "0"], ["concatenate", "Concatenate)", "(None, 13234)", "0"],
                ["fc_out", "Dense)", "(None, 2)", "26,470"],
            ])
    }

    @Test func summaryOfSimpleIsTheNotebooksTable() throws {
        let summary = try Self.network(.simple).summary
        #expect(
            rows(summary) == [
                ["fc_1", "Dense)", "(None, 21, 21, 30)", "60"], ["fc_2", "Dense)", "(None, 21, 21, 30)", "930"],
                ["flatten", "Flatten)", "(None, 13230)", "0"], ["fc_out", "Dense)", "(None, 2)", "26,462"],
            ])
        #expect(summary.contains("\nTotal params: 27,452\nTrainable params: 27,452\nNon-trainable params: 0\n"))
    }

    /// Shapes and counts stand under their titles, however long a layer's name is.
    @Test(arguments: StandardNetwork.allCases) func summaryColumnsAreAligned(name: StandardNetwork) throws {
        let lines = try Self.network(name).summary.split(separator: "\n")
        let title = try #require(lines.first { $0.contains("Output Shape") })
        let column = title.distance(from: title.startIndex, to: title.firstRange(of: "Output Shape")!.lowerBound)
        for line in lines where line.contains("(None") {
            #expect(line.distance(from: line.startIndex, to: line.firstRange(of: "(None")!.lowerBound) == column)
        }
        #expect(Set(lines.filter { $0.allSatisfy { "_=".contains($0) } }.map(\.count)).count == 1)
    }

    /// Names, shapes and order of the arrays that Keras' networks have
    /// (`Tests/ReferenceValues/make_keras_reference.py`).
    @Test(arguments: [StandardNetwork.simple, .simpleBN, .vgg6], [2, 1]) func parametersAreNamedAsInKeras(
        name: StandardNetwork, classes: Int
    ) throws {
        let file = try SafetensorsFile(
            contentsOf: ReferenceValues.path("keras/\(name.rawValue)-\(classes).safetensors"))
        let prefix = "initial/"
        let expected = file.tensors.filter { $0.name.hasPrefix(prefix) }
            .map { "\($0.name.dropFirst(prefix.count)) \($0.shape)" }
        let parameters = try Self.network(name, classes: classes).parameters
        #expect(parameters.map { "\($0.name) \($0.shape.extents)" }.sorted() == expected.sorted())
        let trained = file.tensors.filter { $0.name.hasPrefix("gradient/") }.map { String($0.name.dropFirst(9)) }
        #expect(parameters.filter(\.isTrainable).map(\.name).sorted() == trained.sorted())
    }

    @Test(arguments: StandardNetwork.allCases) func parametersFillTheirVectorsWithoutGaps(name: StandardNetwork) throws
    {
        let network = try Self.network(name)
        for (isTrainable, count) in [(true, network.trainableCount), (false, network.stateCount)] {
            var next = 0
            for parameter in network.parameters where parameter.isTrainable == isTrainable {
                #expect(parameter.offset == next)
                next += parameter.shape.count
            }
            #expect(next == count)
        }
        for (node, following) in zip(network.nodes, network.nodes.dropFirst()) {
            #expect(following.parameterOffset == node.parameterOffset + (node.layer?.trainableCount ?? 0))
            #expect(following.stateOffset == node.stateOffset + (node.layer?.stateCount ?? 0))
            #expect(following.preparedOffset == node.preparedOffset + (node.layer?.preparedCount ?? 0))
        }
    }

    @Test(arguments: [(21, 21), (29, 23), (16, 40), (20, 21)]) func vgg6FitsOtherStampSizes(height: Int, width: Int)
        throws
    {
        guard height >= 20 else {
            #expect(throws: (any Error).self) { try Self.network(.vgg6, height: height, width: width) }
            return
        }
        #expect(try Self.network(.vgg6, height: height, width: width).outputs == 2)
    }

    // MARK: First values

    @Test(arguments: StandardNetwork.allCases) func initialWeightsArePureInTheSeed(name: StandardNetwork) throws {
        let network = try Self.network(name)
        let again = try Self.network(name)
        let (first, second) = (network.initialWeights(seed: 7), again.initialWeights(seed: 7))
        #expect(first.trainable.array == second.trainable.array && first.state.array == second.state.array)
        #expect(first.trainable.array != network.initialWeights(seed: 8).trainable.array)
    }

    @Test(arguments: StandardNetwork.allCases) func initialWeightsAreGlorotUniformZerosAndOnes(name: StandardNetwork)
        throws
    {
        let network = try Self.network(name)
        let weights = network.initialWeights(seed: 11)
        for parameter in network.parameters {
            let values = weights.values(parameter)
            #expect(values.count == parameter.shape.count)
            switch parameter.name.split(separator: "/").last {
            case "kernel":
                // Keras: √(6 / (fan in + fan out)), each with the area of the kernel's window.
                let extents = parameter.shape.extents
                let window = extents.dropLast(2).reduce(1, *)
                let fans = window * (extents[extents.count - 2] + extents[extents.count - 1])
                let limit = Float((6 / Double(fans)).squareRoot())
                #expect(values.allSatisfy { abs($0) <= limit })
                // Uniform: the mean's deviation is limit/√(3n), five of them; and some value comes near the limit.
                let mean = values.reduce(0, +) / Float(values.count)
                #expect(abs(mean) <= 5 * limit / (3 * Float(values.count)).squareRoot())
                #expect(values.map { abs($0) }.max()! > 0.8 * limit)
                #expect(Set(values).count > values.count * 9 / 10)
            case "gamma", "moving_variance": #expect(values.allSatisfy { $0 == 1 })
            default: #expect(values.allSatisfy { $0 == 0 })
            }
        }
    }

    @Test func eachKernelHasNumbersOfItsOwn() throws {
        let network = try Self.network(.vgg6)
        let weights = network.initialWeights(seed: 3)
        // As uniform numbers in ±1, whatever the layer's limit.
        let starts = network.parameters.filter { $0.name.hasSuffix("kernel") }.map { parameter -> [Int] in
            let values = weights.values(parameter)
            let largest = values.map { abs($0) }.max()!
            return values.prefix(4).map { Int(($0 / largest * 100).rounded()) }
        }
        #expect(Set(starts).count == starts.count)
    }

    // MARK: Descriptions

    @Test(arguments: StandardNetwork.allCases, [1, 2]) func descriptionsRoundTripThroughJSON(
        name: StandardNetwork, classes: Int
    ) throws {
        let description = name.description(height: 21, width: 25, classes: classes)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let data = try encoder.encode(description)
        let decoded = try JSONDecoder().decode(NetworkDescription.self, from: data)
        #expect(decoded == description)
        #expect(try encoder.encode(decoded) == data)
        #expect(try Network(decoded).summary == Network(description).summary)
    }

    @Test func droppingDropoutKeepsEverythingElse() throws {
        let network = try Self.network(.vgg6)
        let without = try network.withoutDropout()
        #expect(without.parameters == network.parameters)
        let rates = without.description.layers.compactMap { ($0.kind.options as? DropoutOptions)?.rate }
        #expect(rates == [0, 0, 0])
        // Other layers' random numbers and first values stay as they are.
        #expect(without.initialWeights(seed: 5).trainable.array == network.initialWeights(seed: 5).trainable.array)
    }
}

extension String {
    fileprivate var trimmed: String { split(separator: " ").joined(separator: " ") }
}
