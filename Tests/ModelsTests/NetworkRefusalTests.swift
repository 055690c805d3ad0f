import Faults
import FoundationEssentials
import LayerCatalog
import Layers
import Models
import Tensors
import Testing

/// Networks that cannot be: each refusal names the layer and what would help.
@Suite struct NetworkRefusalTests {
    private static let input = LayerDescription(name: "input", kind: .input(shape: [21, 21, 1]), inputs: [])
    private static let flatten = LayerDescription(name: "flatten", kind: .flatten, inputs: ["input"])
    private static func features(_ name: String) -> LayerDescription {
        LayerDescription(name: name, kind: .input(shape: [3]), inputs: [])
    }
    private static func output(_ name: String, after input: String) -> LayerDescription {
        LayerDescription(name: name, kind: .dense(units: 2, activation: .softmax), inputs: [input])
    }
    private static func layer(_ name: String, _ kind: LayerKind, after input: String = "input") -> LayerDescription {
        LayerDescription(name: name, kind: kind, inputs: [input])
    }
    private static func convolution(
        filters: Int = 4, kernel: Int = 3, stride: Int = 1, activation: ActivationFunction = .relu
    ) -> LayerKind {
        .convolution2D(
            filters: filters, kernelSize: Extent2D(kernel, kernel), strides: Extent2D(stride, stride), padding: .valid,
            activation: activation)
    }
    private static func pooling(_ size: Int, padding: Padding = .valid) -> LayerKind {
        .maxPooling2D(poolSize: Extent2D(size, size), strides: Extent2D(1, 1), padding: padding)
    }

    /// The fault of a network, which is always the user's data.
    private func fault(_ layers: [LayerDescription]) throws -> Fault {
        let fault = try #require(
            #expect(throws: Fault.self) { try Network(NetworkDescription(name: "mine", layers: layers)) })
        #expect(fault.kind == .badData)
        #expect(fault.description.contains("mine") && !fault.remedy.isEmpty)
        return fault
    }

    @Test func sizesThatOverflowAreRefused() throws {
        let endless = LayerDescription(name: "input", kind: .input(shape: [.max, 1, 1]), inputs: [])
        #expect(
            try fault([endless, Self.layer("conv", Self.convolution())]).problem.contains("larger than any memory"))
        // 2¹⁴ channels, doubled fifty times.
        var layers = [Self.input, Self.layer("d0", .dense(units: 1 << 14, activation: .linear))]
        for number in 1...50 {
            let last = "d\(number - 1)"
            layers.append(Self.layer("o\(number)", .dropout(rate: 0), after: last))
            layers.append(LayerDescription(name: "d\(number)", kind: .concatenate, inputs: [last, "o\(number)"]))
        }
        #expect(try fault(layers).problem.contains("larger than any memory"))
    }

    @Test func moreParametersThanAnyMemoryHoldsAreRefused() throws {
        var layers = [Self.input, Self.flatten]
        for number in 0..<4 {
            let last = layers[layers.count - 1].name
            layers.append(Self.layer("dense\(number)", .dense(units: 1 << 16, activation: .relu), after: last))
        }
        layers.append(Self.output("output", after: "dense3"))
        #expect(try fault(layers).problem.contains("parameters are more than any memory holds"))
    }

    @Test func factorsMustBeFinite() throws {
        for kind: LayerKind in [
            .activation(.leakyReLU(slope: .infinity)), .activation(.elu(alpha: .nan)),
            .batchNormalization(momentum: 0.9, epsilon: .infinity),
        ] {
            _ = try fault([Self.input, Self.layer("layer", kind), Self.output("output", after: "layer")])
        }
    }

    @Test func aWindowLargerThanItsMapNamesTheLayer() throws {
        let description = StandardNetwork.vgg6.description(height: 8, width: 8, classes: 2)
        let fault = try #require(#expect(throws: Fault.self) { try Network(description) })
        #expect(
            fault.description
                == "layer conv3 of VGG6: its 3×3 window is larger than its 2×2 map; use larger stamps or a smaller network"
        )
        #expect(fault.exitCode == 65)
    }

    /// The name of the layer at fault, what the message says, and the network.
    static let refusals: [(layer: String, message: String, layers: [LayerDescription])] = [
        ("flatten", "it has 0 inputs", [LayerDescription(name: "flatten", kind: .flatten, inputs: [])]),
        ("fc", "its input missing does not come before it", [input, flatten, output("fc", after: "missing")]),
        ("fc", "its input fc does not come before it", [input, flatten, output("fc", after: "fc")]),
        ("flatten", "the name stands twice", [input, flatten, layer("flatten", .flatten)]),
        (
            "idle", "no layer uses its output",
            [input, flatten, layer("idle", .dropout(rate: 0), after: "flatten"), output("fc", after: "flatten")]
        ),
        (
            "sum", "it has 1 inputs",
            [input, flatten, LayerDescription(name: "sum", kind: .add, inputs: ["flatten"])]
        ),
        (
            "sum", "its inputs have the shapes (441,), (2,)",
            [
                input, flatten, layer("fc", .dense(units: 2, activation: .linear), after: "flatten"),
                LayerDescription(name: "sum", kind: .add, inputs: ["flatten", "fc"]),
            ]
        ),
        (
            "joined", "its inputs have the shapes (19, 19, 4), (21, 21, 1)",
            [
                input, layer("conv", convolution()),
                LayerDescription(name: "joined", kind: .concatenate, inputs: ["conv", "input"]),
            ]
        ),
        (
            "pad", "its padding is negative",
            [input, layer("pad", .zeroPadding2D(top: -1, bottom: 0, left: 0, right: 0))]
        ),
        (
            "fc", "larger than any memory",
            [input, flatten, layer("fc", .dense(units: 1 << 60, activation: .relu), after: "flatten")]
        ),
        (
            "other", "a second input of stamps, beside input",
            [input, LayerDescription(name: "other", kind: input.kind, inputs: [])]
        ),
        ("more", "a second input of features, beside table", [input, features("table"), features("more")]),
        ("input", "shape (21, 21)", [LayerDescription(name: "input", kind: .input(shape: [21, 21]), inputs: [])]),
        (
            "other", "an input is fed by 1 inputs",
            [input, LayerDescription(name: "other", kind: .input(shape: [3]), inputs: ["input"])]
        ),
        ("table", "no layer uses its output", [input, features("table"), flatten, output("fc", after: "flatten")]),
        (
            "conv", "its input has shape (3,)",
            [input, features("table"), layer("conv", convolution(), after: "table")]
        ),
        (
            "fc", "2 inputs",
            [input, flatten, LayerDescription(name: "fc", kind: .flatten, inputs: ["input", "flatten"])]
        ),
        ("fc", "softmax over outputs of shape (21, 21, 2)", [input, output("fc", after: "input")]),
        (
            "fc", "softmax over outputs of shape (1,)",
            [input, flatten, layer("fc", .dense(units: 1, activation: .softmax), after: "flatten")]
        ),
        (
            "fc", "sigmoid over outputs of shape (2,)",
            [input, flatten, layer("fc", .dense(units: 2, activation: .sigmoid), after: "flatten")]
        ),
        ("fc", "0 units", [input, flatten, layer("fc", .dense(units: 0, activation: .relu), after: "flatten")]),
        ("drop", "its rate is 1.0", [input, layer("drop", .dropout(rate: 1))]),
        ("drop", "its rate is -0.1", [input, layer("drop", .dropout(rate: -0.1))]),
        ("drop", "its rate is nan", [input, layer("drop", .dropout(rate: .nan))]),
        ("conv", "0 filters", [input, layer("conv", convolution(filters: 0))]),
        ("conv", "softmax over outputs of shape", [input, layer("conv", convolution(activation: .softmax))]),
        ("conv", "not positive", [input, layer("conv", convolution(kernel: 0))]),
        ("conv", "not positive", [input, layer("conv", convolution(stride: 0))]),
        ("conv", "22×22 window is larger than its 21×21 map", [input, layer("conv", convolution(kernel: 22))]),
        ("conv", "its input has shape (441,)", [input, flatten, layer("conv", convolution(), after: "flatten")]),
        ("pool", "larger than its 21×21 map", [input, layer("pool", pooling(30))]),
    ]

    @Test(arguments: refusals.indices) func aLayerThatDoesNotFitIsNamed(number: Int) throws {
        let refusal = Self.refusals[number]
        let fault = try fault(refusal.layers)
        #expect(fault.subject == "layer \(refusal.layer) of mine")
        #expect(fault.problem.contains(refusal.message), "\(fault.problem)")
    }

    @Test func aNetworkWithoutAnOutputActivationIsRefused() throws {
        let fault = try fault([
            Self.input, Self.flatten, Self.layer("fc", .dense(units: 2, activation: .linear), after: "flatten"),
        ])
        #expect(fault.problem.contains("fc has neither softmax nor sigmoid"))
    }

    @Test func aNetworkOfFeaturesAloneIsRefused() throws {
        let fault = try fault([Self.features("table"), Self.output("fc", after: "table")])
        #expect(fault.subject == "mine" && fault.problem == "it has no input for stamps")
    }

    @Test func aNetworkWithoutLayersIsRefused() throws {
        #expect(try fault([]).problem == "it has no layers")
    }

    @Test(arguments: ["[0,21,1]", "[-3,21,1]", "[4611686018427387904,4,1]"]) func anImpossibleShapeIsNotDecoded(
        shape: String
    ) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Shape.self, from: Data(shape.utf8)) }
    }
}
