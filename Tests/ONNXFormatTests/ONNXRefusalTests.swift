import Faults
import Foundation
import LayerCatalog
import Layers
import Models
import ONNXFormat
import SwiftProtobuf
import TestSupport
import Testing

/// Files that hold no network of known operators, and damaged ones, are refused in a line that says why.
@Suite struct ONNXRefusalTests {
    /// A small network as a message that tests change.
    private func message(_ layers: [(name: String, kind: LayerKind)] = []) throws -> ONNXModelProto {
        let convolution = LayerKind.convolution2D(
            filters: 3, kernelSize: Extent2D(3, 3), strides: Extent2D(1, 1), padding: .same, activation: .relu)
        return try WrittenModel(
            classifier([5, 4, 2], [("conv", convolution)] + layers + [("flatten", .flatten)])
        ).message
    }

    private func read(_ message: ONNXModelProto) throws -> TrainedModel {
        try read(message.serializedBytes() as [UInt8])
    }

    private func read(_ bytes: [UInt8]) throws -> TrainedModel {
        let folder = try TemporaryFolder()
        return try TrainedModel(onnx: folder.file("model.onnx", bytes))
    }

    private func expectRefusal(
        _ words: String..., change: (inout ONNXModelProto) throws -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var message = try message()
        try change(&message)
        let fault = #expect(throws: Fault.self, sourceLocation: sourceLocation) { try read(message) }
        #expect(fault?.kind == .badData, sourceLocation: sourceLocation)
        for word in words { #expect("\(fault!)".contains(word), "\(fault!)", sourceLocation: sourceLocation) }
        #expect(fault?.remedy.isEmpty == false, sourceLocation: sourceLocation)
    }

    @Test func theMessageIsReadAsItIs() throws { #expect(try read(message()).network.outputs == 2) }

    @Test(arguments: ["LSTM", "Einsum", "If", "Loop", "QLinearConv", "Greater", "Erf"])
    func unknownOperatorsAreNamed(type: String) throws {
        try expectRefusal("operator \(type)", "not supported") { $0.graph.node[2].opType = type }
    }

    @Test func operatorsOfOthersAreNamed() throws {
        try expectRefusal("com.microsoft.Conv") { $0.graph.node[1].domain = "com.microsoft" }
    }

    /// What no layer needs is not looked at.
    @Test func unusedNodesAreLeftOut() throws {
        var message = try message()
        message.graph.node.append(
            .with {
                $0.opType = "LSTM"; $0.input = ["conv/Relu"]; $0.output = ["unused"]
            })
        #expect(try read(message).network.nodes.contains { $0.name == "conv" })
    }

    @Test func namesMustLeadSomewhere() throws {
        try expectRefusal("operand nowhere comes from nothing before it") { $0.graph.node[1].input[0] = "nowhere" }
        // A circle: the first node takes what the last gives.
        try expectRefusal("comes from nothing before it") { $0.graph.node[0].input[0] = "probabilities" }
        try expectRefusal("which there is already") { $0.graph.node[2].output = $0.graph.node[1].output }
        try expectRefusal("twice") { $0.graph.initializer.append($0.graph.initializer[1]) }
        try expectRefusal("two inputs") { $0.graph.input.append($0.graph.input[0]) }
        try expectRefusal("outputs") { $0.graph.output[0].name = "nothing" }
        try expectRefusal("outputs") { $0.graph.output.append($0.graph.output[0]) }
        try expectRefusal("no network") { $0.clearGraph() }
        try expectRefusal("no network") { $0.graph.node = [] }
    }

    @Test func inputsAreStampsAndFeatures() throws {
        try expectRefusal("input stamps", "has the shape (N, 5, 4)") {
            $0.graph.input[0].type.tensorType.shape.dim.removeLast()
        }
        try expectRefusal("has the shape (N, ?, 4, 2)") { $0.graph.input[0].type.tensorType.shape.dim[1] = .init() }
        try expectRefusal("no floating-point numbers") { $0.graph.input[0].type.tensorType.elemType = 7 }
        try expectRefusal("has the shape") { $0.graph.input[0].type.tensorType.shape.dim[1].dimValue = .max }
        try expectRefusal("no floating-point numbers") { $0.graph.input[0].clearType() }
    }

    @Test func tensorsHoldWhatTheySay() throws {
        func kernel(_ change: @escaping (inout ONNXTensorProto) -> Void) -> (inout ONNXModelProto) -> Void {
            return { message in
                let index = message.graph.initializer.firstIndex { $0.name == "conv/kernel" }!
                change(&message.graph.initializer[index])
            }
        }
        try expectRefusal("conv/kernel", "elements, and extents", change: kernel { $0.rawData.removeLast() })
        try expectRefusal("elements, and extents", change: kernel { $0.rawData.removeLast(4) })
        try expectRefusal("elements, and extents", change: kernel { $0.dims[0] = 1 << 40 })
        try expectRefusal("extents are", change: kernel { $0.dims = [.max, .max, 3, 3] })
        try expectRefusal("extents are", change: kernel { $0.dims[1] = -2 })
        try expectRefusal("its window is [3, 2]", change: kernel { $0.dims = [3, 3, 3, 2] })
        try expectRefusal("kernel", change: kernel { $0.dims = [54] })
        try expectRefusal("ONNX' type 8", change: kernel { $0.dataType = 8 })
        try expectRefusal("ONNX' type 99", change: kernel { $0.dataType = 99 })
        try expectRefusal("computes with constants", change: { $0.graph.node[1].input[0] = "conv/kernel" })
        try expectRefusal("is no constant", change: { $0.graph.node[1].input[1] = "stamps" })
        try expectRefusal("is missing", change: { $0.graph.node[1].input.removeLast(2) })
    }

    /// Only files beside the model, which have what is said of them.
    @Test(arguments: ["/etc/passwd", "../model.data", "", ".", "..", "folder/data"])
    func elementsLieBesideTheFile(location: String) throws {
        try expectRefusal("no file beside it") { message in
            message.graph.initializer[1].dataLocation = .external
            message.graph.initializer[1].rawData = Data()
            message.graph.initializer[1].externalData = [
                .with {
                    $0.key = "location"; $0.value = location
                }
            ]
        }
    }

    @Test func missingFilesOfElementsAreNamed() throws {
        var message = try message()
        message.graph.initializer[1].dataLocation = .external
        message.graph.initializer[1].externalData = [
            .with {
                $0.key = "location"; $0.value = "weights.data"
            }
        ]
        let fault = #expect(throws: Fault.self) { try read(message) }
        #expect(fault?.kind == .missingInput && fault?.subject.hasSuffix("/weights.data") == true)
    }

    @Test func optionsThatNoLayerHasAreRefused() throws {
        func attribute(_ name: String, _ values: [Int64]) -> ONNXAttributeProto {
            .with {
                $0.name = name; $0.type = .ints; $0.ints = values
            }
        }
        for (name, values) in [
            ("pads", [-1, 0, 0, 0]), ("pads", [1, 1]), ("pads", [.max, .max, .max, .max]), ("strides", [0, 1]),
            ("dilations", [1]), ("kernel_shape", [5, 5]), ("strides", [.max, .max]), ("strides", [.min, 1]),
        ] as [(String, [Int64])] {
            try expectRefusal("conv/Conv (Conv)", "window") { message in
                message.graph.node[1].attribute.removeAll { $0.name == name }
                message.graph.node[1].attribute.append(attribute(name, values))
            }
        }
        try expectRefusal("auto_pad") { message in
            message.graph.node[1].attribute.append(
                .with {
                    $0.name = "auto_pad"; $0.type = .string; $0.s = Data("EVERYWHERE".utf8)
                })
        }
        try expectRefusal("is no") { message in
            message.graph.node[1].attribute.append(
                .with {
                    $0.name = "group"; $0.type = .float; $0.f = 1
                })
        }
        try expectRefusal("version 6") { $0.opsetImport[0].version = 6 }
        try expectRefusal("sparse") { $0.graph.sparseInitializer = [.init()] }
    }

    @Test func stampsAreAsManyAsThereWere() throws {
        for shape in [
            [0, 3, 5], [3, 20, -1], [0, -1, -1], [0, 7], [-1, -1], [0, 0, 0, 0, 0, 0], [-1, 1 << 40], [0, .min],
        ] {
            try expectRefusal("flatten/Flatten (Reshape)") { message in
                let index = message.graph.node.firstIndex { $0.name == "flatten/Flatten" }!
                message.graph.node[index].opType = "Reshape"
                message.graph.node[index].attribute = []
                message.graph.node[index].input.append("shape")
                message.graph.initializer.append(
                    .with {
                        $0.name = "shape"; $0.dataType = 7; $0.dims = [Int64(shape.count)];
                        $0.int64Data = shape.map { Int64($0) }
                    })
            }
        }
    }

    /// Nothing of a file that is cut, or of which a byte has changed, does more than be refused or read.
    @Test func damagedFilesAreRefusedOrRead() throws {
        let layers: [(name: String, kind: LayerKind)] = [
            ("pool", .maxPooling2D(poolSize: Extent2D(2, 2), strides: Extent2D(2, 2), padding: .same)),
            ("bn", .batchNormalization(momentum: 0.9, epsilon: 0.01)),
            ("crop", .cropping2D(top: 0, bottom: 1, left: 1, right: 0)),
        ]
        let whole: [UInt8] = try message(layers).serializedBytes()
        let folder = try TemporaryFolder()
        func attempt(_ bytes: [UInt8]) throws {
            do {
                _ = try TrainedModel(onnx: folder.file("model.onnx", bytes))
            } catch let fault as Fault { #expect(fault.kind == .badData || fault.kind == .missingInput, "\(fault)") }
        }
        for count in stride(from: 0, to: whole.count, by: 7) { try attempt(Array(whole.prefix(count))) }
        for index in whole.indices {
            for change in [0xFF, 0x80, 0x01] as [UInt8] where index % 2 == Int(change) % 2 {
                var bytes = whole
                bytes[index] ^= change
                try attempt(bytes)
            }
        }
        #expect(try TrainedModel(onnx: folder.file("model.onnx", whole)).network.outputs == 2)
    }

    /// Nodes that multiply their inputs would double them without end.
    @Test func growthIsLimited() throws {
        try expectRefusal("memory") { message in
            var value = "conv/Relu"
            for number in 0..<60 {
                message.graph.node.insert(
                    .with { node in
                        node.opType = "Concat"
                        node.name = "double\(number)"
                        node.input = [value, value]
                        node.output = ["double\(number)"]
                        node.attribute = [
                            .with {
                                $0.name = "axis"; $0.type = .int; $0.i = 2
                            }
                        ]
                    }, at: 3 + number)
                value = "double\(number)"
            }
            let index = message.graph.node.firstIndex { $0.name == "flatten/Flatten" }!
            message.graph.node[index].input = [value]
        }
    }
}
