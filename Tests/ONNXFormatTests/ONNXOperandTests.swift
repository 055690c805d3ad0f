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

    /// A square matrix that one layer has transposed is not shared with one that has it as it is.
    @Test func sharedWeightsLieAlike() throws {
        func owners(_ second: [ONNXNodeProto]) throws -> [String] {
            let flat = node("GlobalAveragePool", ["x"], "p"), features = node("Flatten", ["p"], "f")
            let first = node("Gemm", ["f", "W"], "a", integer: ["transB": 1])
            return try layers(message([flat, features, first] + second, [floats("W", [3, 3])], isMap: false))
                .compactMap(\.sharedWith)
        }
        #expect(try owners([node("Gemm", ["a", "W"], "last", integer: ["transB": 1])]).count == 1)
        #expect(try owners([node("MatMul", ["a", "W"], "last")]).isEmpty)
        #expect(try owners([node("Gemm", ["a", "W"], "last")]).isEmpty)
        let transposed = node("Transpose", ["W"], "V", ["perm": [1, 0]])
        #expect(try owners([transposed, node("MatMul", ["a", "V"], "last")]).count == 1)
    }

    /// A factor behind a normalisation is the normalisation's where nothing else uses that, under any name.
    @Test func factorsOfNormalisationsServeOneUse() throws {
        func scales(_ last: ONNXNodeProto) throws -> [Bool] {
            let statistics = [
                node("ReduceMean", ["x"], "mean", ["axes": [3]]), node("Sub", ["x", "mean"], "centred"),
                node("Mul", ["centred", "centred"], "square"),
                node("ReduceMean", ["square"], "variance", ["axes": [3]]),
                node("Add", ["variance", "epsilon"], "sum"), node("Sqrt", ["sum"], "deviation"),
                node("Div", ["centred", "deviation"], "n"), node("Identity", ["n"], "t"),
                node("Mul", ["t", "gamma"], "scaled"), last,
            ]
            let constants = [floats("epsilon", [1], 0.01), floats("gamma", [3], 2)]
            return try layers(message(statistics, constants)).compactMap {
                ($0.kind.options as? LayerNormalizationOptions)?.scale
            }
        }
        #expect(try scales(node("Relu", ["scaled"], "last")) == [true])
        #expect(try scales(node("Add", ["scaled", "n"], "last")) == [false])
    }

    @Test(arguments: ["SAME_UPPER", "SAME_LOWER"])
    func transposedConvolutionsGrowByTheirStrides(automatic: String) throws {
        func convolution(_ kernel: Int64, _ stride: Int64) -> ONNXModelProto {
            message(
                [
                    node(
                        "ConvTranspose", ["x", "W"], "c", ["strides": [stride, stride]], text: ["auto_pad": automatic]),
                    node("Reshape", ["c", "shape"], "last"),
                ],
                [
                    floats("W", [3, 2, kernel, kernel]), integers("shape", [4], [0, 2, 3 * stride, 3 * stride]),
                ])
        }
        for (kernel, stride) in [(3, 2), (4, 2), (3, 1), (2, 1), (5, 3)] as [(Int64, Int64)] {
            #expect(try !layers(convolution(kernel, stride)).isEmpty, "\(kernel) \(stride)")
        }
        expectRefusal("its auto_pad is \(automatic)", convolution(2, 3))
    }

    @Test func pixelsAreRepeatedAsTheVersionSays() throws {
        let factors = floats("scales", [4], 1), resize = node("Resize", ["x", "scales"], "last")
        var twice = factors
        twice.floatData = [1, 1, 3, 3]
        let kinds = try layers(message([resize], [twice], version: 10)).map(\.kind)
        #expect(kinds.contains(.upSampling2D(size: Extent2D(3, 3), interpolation: .nearest)))
        var linear = resize
        linear.attribute = node("", [], "", text: ["mode": "linear"]).attribute
        expectRefusal("by asymmetric", message([linear], [twice], version: 10))
        let sizes = integers("sizes", [4], [1, 3, 6, 6])
        let fitting = node(
            "Resize", ["x", "", "", "sizes"], "last", text: ["keep_aspect_ratio_policy": "not_larger"])
        expectRefusal("keep_aspect_ratio_policy", message([fitting], [sizes], version: 18))
        let some = node("Resize", ["x", "", "", "sizes"], "last", ["axes": [0, 1, 3, 2]])
        expectRefusal("it resizes the axes", message([some], [sizes], version: 18))
    }

    /// 7/2 is 3.5 of floating-point numbers, and 3 of integers.
    @Test func castsOfConstantsAreOfTheirType() throws {
        func number(_ type: Int64) throws -> [LayerKind] {
            let nodes = [
                node("Cast", ["seven"], "a", integer: ["to": type]), node("Cast", ["two"], "b", integer: ["to": type]),
                node("Div", ["a", "b"], "c"), node("Mul", ["x", "c"], "last"),
            ]
            return try layers(message(nodes, [integers("seven", [], [7]), integers("two", [], [2])])).map(\.kind)
        }
        #expect(try number(1).contains(.arithmetic(.multiply, 3.5)))
        #expect(try number(7).contains(.arithmetic(.multiply, 3)))
        let whole = [node("Cast", ["a"], "b", integer: ["to": 7]), node("Mul", ["x", "b"], "last")]
        #expect(try layers(message(whole, [floats("a", [], -2.75)])).map(\.kind).contains(.arithmetic(.multiply, -2)))
        expectRefusal("out of range", message(whole, [floats("a", [], .infinity)]))
    }

    @Test func numbersOfOneNameAreOneNumber() throws {
        func kinds(_ threshold: Float) throws -> [LayerKind] {
            let nodes = [
                node("Greater", ["x", "one"], "above"), node("Sub", ["x", "threshold"], "below"),
                node("Mul", ["below", "slope"], "line"), node("Where", ["above", "x", "line"], "last"),
            ]
            return try layers(
                message(nodes, [floats("one", []), floats("threshold", [], threshold), floats("slope", [], 0.125)])
            ).map(\.kind)
        }
        #expect(try kinds(1).contains(.activation(.boundedReLU(maximum: nil, slope: 0.125, threshold: 1))))
        #expect(throws: Fault.self) { try kinds(0.5) }
    }

    @Test func operandsHaveTheirAxes() {
        let flat = [node("GlobalAveragePool", ["x"], "p"), node("Flatten", ["p"], "f")]
        let gather = node("Gather", ["f", "places"], "last", integer: ["axis": 1])
        expectRefusal(
            "it picks some values", message(flat + [gather], [integers("places", [3, 1], [2, 1, 0])], isMap: false))
        expectRefusal(
            "its bias has the shape [3, 1]",
            message(
                flat + [node("Gemm", ["f", "W", "b"], "last")], [floats("W", [3, 3]), floats("b", [3, 1])],
                isMap: false))
    }

    @Test func dropoutOfTrainingIsRefused() throws {
        func dropout(_ mode: Int64) -> ONNXModelProto {
            message(
                [node("Dropout", ["x", "rate", "mode"], "last")],
                [floats("rate", [], 0.25), integers("mode", [], [mode])])
        }
        #expect(try layers(dropout(0)).map(\.kind).contains(.dropout(rate: 0.25)))
        expectRefusal("training_mode", dropout(1))
    }

    /// On a square map the means of rows are no means of columns.
    @Test func meansStayWhereTheyAreBroadcast() throws {
        func normalization(_ order: [Int64]) -> ONNXModelProto {
            let nodes = [
                node("ReduceMean", ["x"], "mean", ["axes": [3]]), node("Transpose", ["mean"], "moved", ["perm": order]),
                node("Sub", ["x", "moved"], "centred"), node("Mul", ["centred", "centred"], "square"),
                node("ReduceMean", ["square"], "variance", ["axes": [3]]), node("Add", ["variance", "epsilon"], "sum"),
                node("Sqrt", ["sum"], "deviation"), node("Reciprocal", ["deviation"], "inverse"),
                node("Neg", ["mean"], "negative"), node("Mul", ["negative", "inverse"], "offset"),
                node("Mul", ["x", "inverse"], "scaled"), node("Add", ["scaled", "offset"], "last"),
            ]
            return message(nodes, [floats("epsilon", [], 0.01)])
        }
        #expect(try layers(normalization([0, 1, 2, 3])).contains { $0.kind.options is LayerNormalizationOptions })
        expectRefusal("moves the means", normalization([0, 1, 3, 2]))
    }

    @Test func integersAreFew() {
        let many = ONNXTensorProto.with {
            $0.name = "a"
            $0.dataType = 9
            $0.dims = [1 << 21]
            $0.rawData = Data(count: 1 << 21)
        }
        expectRefusal("integers, and at most", message([node("Reshape", ["x", "a"], "last")], [many]))
    }
}
