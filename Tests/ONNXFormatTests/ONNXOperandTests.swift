import Faults
import Foundation
import LayerCatalog
import Layers
import Models
import ONNXFormat
import SwiftProtobuf
import Tensors
import TestSupport
import Testing

/// Small graphs of a few operators, whose operands and options are on the edge of what layers stand for.
@Suite struct ONNXOperandTests {
    /// Nodes on stamps (N, 3, 3, 3), of which the last gives `last`, and classes of that.
    private func message(
        _ nodes: [ONNXNodeProto], _ constants: [ONNXTensorProto] = [], isMap: Bool = true, version: Int64 = 17
    ) -> ONNXModelProto {
        .with { model in
            model.opsetImport = [.with { $0.version = version }]
            model.graph.input = [
                .with { input in
                    input.name = "x"
                    input.type.tensorType.elemType = 1
                    input.type.tensorType.shape.dim = [.with { $0.dimParam = "N" }]
                    for _ in 0..<3 { input.type.tensorType.shape.dim.append(.with { $0.dimValue = 3 }) }
                }
            ]
            model.graph.output = [.with { $0.name = "y" }]
            model.graph.initializer = constants
            let pool = [node("GlobalAveragePool", ["last"], "pooled"), node("Flatten", ["pooled"], "features")]
            model.graph.node =
                nodes + (isMap ? pool : []) + [node("Softmax", [isMap ? "features" : "last"], "y")]
        }
    }

    private func node(
        _ type: String, _ inputs: [String], _ output: String, _ integers: [String: [Int64]] = [:],
        integer: [String: Int64] = [:], text: [String: String] = [:]
    ) -> ONNXNodeProto {
        .with { node in
            (node.opType, node.name, node.input, node.output) = (type, output, inputs, [output])
            for (name, values) in integers {
                node.attribute.append(
                    .with {
                        $0.name = name
                        $0.type = .ints
                        $0.ints = values
                    })
            }
            for (name, value) in integer {
                node.attribute.append(
                    .with {
                        $0.name = name
                        $0.type = .int
                        $0.i = value
                    })
            }
            for (name, value) in text {
                node.attribute.append(
                    .with {
                        $0.name = name
                        $0.type = .string
                        $0.s = Data(value.utf8)
                    })
            }
        }
    }

    private func floats(_ name: String, _ dims: [Int64], _ value: Float = 1) -> ONNXTensorProto {
        .with {
            $0.name = name
            $0.dataType = 1
            $0.dims = dims
            $0.floatData = Array(repeating: value, count: dims.contains(0) ? 0 : Int(dims.reduce(1, *)))
        }
    }

    private func integers(_ name: String, _ dims: [Int64], _ values: [Int64]) -> ONNXTensorProto {
        .with {
            $0.name = name
            $0.dataType = 7
            $0.dims = dims
            $0.int64Data = values
        }
    }

    private func layers(_ message: ONNXModelProto) throws -> [LayerDescription] {
        let folder = try TemporaryFolder()
        return try NetworkDescription(onnx: folder.file("model.onnx", message.serializedBytes() as [UInt8])).layers
    }

    private func expectRefusal(
        _ words: String, _ message: ONNXModelProto, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let fault = #expect(throws: Fault.self, sourceLocation: sourceLocation) { try layers(message) }
        #expect(fault?.kind == .badData, sourceLocation: sourceLocation)
        #expect("\(fault!)".contains(words), "\(fault!)", sourceLocation: sourceLocation)
    }

    @Test func kernelsHaveAxes() {
        for (kernel, bias) in [([3], [3]), ([], [0])] as [([Int64], [Int64])] {
            let nodes = [node("Conv", ["x", "W"], "sums"), node("Add", ["sums", "b"], "last")]
            expectRefusal("its kernel has the shape", message(nodes, [floats("W", kernel), floats("b", bias)]))
        }
    }

    @Test func constantsWithoutElementsAreNoOperands() throws {
        for other in [integers("b", [0], []), floats("b", [0])] {
            let nodes = [node("Add", ["a", "b"], "sum"), node("Reshape", ["x", "sum"], "last")]
            let one = other.dataType == 7 ? integers("a", [1], [1]) : floats("a", [1])
            expectRefusal("of the shapes [1] and [0]", message(nodes, [one, other]))
        }
        // 4⁸ times nothing.
        var nodes: [ONNXNodeProto] = []
        for depth in 0..<32 {
            nodes.append(
                node(
                    "Concat", Array(repeating: depth == 0 ? "none" : "none\(depth)", count: 64), "none\(depth + 1)",
                    integer: ["axis": 0]))
        }
        nodes.append(node("Mul", ["x", "none32"], "last"))
        expectRefusal("its constant has the shape [0]", message(nodes, [floats("none", [0])]))
    }

    @Test func extentsOfZeroHideNothing() throws {
        for dims in [[0, 1 << 62, 1 << 62], [1 << 30, 0, 1 << 30]] as [[Int64]] {
            expectRefusal("extents are", message([node("Add", ["x", "a"], "last")], [floats("a", dims)]))
        }
        let nodes = [
            node("Slice", ["a", "zero", "one", "axis"], "cut"), node("Reshape", ["x", "cut"], "last"),
        ]
        for axis in [0, 1] as [Int64] {
            let constants = [
                integers("a", [1 << 40, 0], []), integers("zero", [1], [0]), integers("one", [1], [1 << 40]),
                integers("axis", [1], [axis]),
            ]
            expectRefusal("it makes [] of samples", message(nodes, constants))
        }
    }
}
