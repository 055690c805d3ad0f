import Faults
import SwiftProtobuf

/// A graph whose names lead somewhere: each value is given once, by an input, a constant or a node before its users.
struct CheckedGraph: Sendable {
    /// The file, for messages.
    let path: String
    let name: String
    /// In their order in the file.
    let nodes: [GraphNode]
    /// The weights, and other numbers.
    let constants: [String: ONNXConstant]
    let inputs: [GraphInput]
    let output: String
    /// Which node gives a value, and as which of its outputs.
    let givers: [String: Giver]
    /// How many operands are this value; the graph's output counts as one.
    let uses: [String: Int]
    /// How many integers its constants have.
    let integerCount: Int

    struct Giver: Sendable {
        let node: Int
        let output: Int
    }

    /// - Throws: a `badData` fault for what is no such graph.
    init(_ model: ONNXModelProto, path: String) throws {
        self.path = path
        let graph = model.graph
        let fault = { (problem: String, remedy: String) in Fault(.badData, path, problem, remedy: remedy) }
        guard model.hasGraph, !graph.node.isEmpty else {
            throw fault("holds no network", "export the network as .onnx again")
        }
        name = graph.name
        let version = Int(model.opsetImport.first { ["", "ai.onnx"].contains($0.domain) }?.version ?? 0)
        guard version >= Self.leastVersion else {
            throw fault(
                "uses version \(version) of ONNX' operators",
                "export it with opset_version \(Self.leastVersion) or later"
            )
        }
        guard graph.sparseInitializer.isEmpty else {
            throw fault("has sparse weights, which are not supported", "export the network with dense ones")
        }
        let external = ExternalElements(path: path)
        var constants: [String: ONNXConstant] = [:]
        var integerCount = 0
        func requireFew(_ constant: ONNXConstant) throws {
            integerCount += constant.integers?.count ?? 0
            guard integerCount <= Self.mostIntegers else {
                throw fault(
                    "has more than \(Self.mostIntegers) integers in its constants",
                    "export a network whose weights are floating-point numbers")
            }
        }
        for tensor in graph.initializer {
            let constant = try ONNXConstant(tensor, tensor.name, of: external)
            try requireFew(constant)
            guard constants.updateValue(constant, forKey: tensor.name) == nil
            else { throw fault("gives the constant \(tensor.name) twice", "export the network again") }
        }
        // Old files list weights among their inputs too.
        inputs = try graph.input.filter { constants[$0.name] == nil }.map { try GraphInput($0, path: path) }
        var known = Set(constants.keys)
        for input in inputs where !known.insert(input.name).inserted {
            throw fault("has two inputs of the name \(input.name)", "export the network again")
        }
        var givers: [String: Giver] = [:]
        var uses: [String: Int] = [:]
        nodes = graph.node.map { GraphNode(proto: $0, path: path, version: version) }
        for (index, node) in nodes.enumerated() {
            for input in node.proto.input where !input.isEmpty {
                guard known.contains(input) else {
                    throw node.fault(
                        "its operand \(input) comes from nothing before it", remedy: "export the network again")
                }
                uses[input, default: 0] += 1
            }
            for (place, output) in node.proto.output.enumerated() where !output.isEmpty {
                guard known.insert(output).inserted else {
                    throw node.fault("it gives \(output), which there is already", remedy: "export the network again")
                }
                givers[output] = Giver(node: index, output: place)
            }
            if node.type == "Constant", let name = node.proto.output.first, !name.isEmpty {
                let constant = try node.constantValue(external)
                try requireFew(constant)
                constants[name] = constant
            }
        }
        guard graph.output.count == 1, let output = graph.output.first?.name, givers[output] != nil else {
            throw fault(
                "has \(graph.output.count) outputs that its nodes give",
                "export a network with one output, probabilities or logits")
        }
        uses[output, default: 0] += 1
        (self.constants, self.output, self.givers, self.uses) = (constants, output, givers, uses)
        self.integerCount = integerCount
    }

    /// Integers of constants that are read, and that are computed: each takes more memory than in the file.
    static let mostIntegers = 1 << 24

    /// The first whose operators broadcast as today's.
    private static let leastVersion = 7
}

/// An input of a graph.
struct GraphInput: Sendable {
    let name: String
    /// The extents of a sample.
    let extents: [Int]
    /// How many samples the graph takes; nil for any number.
    let samples: Int?

    init(_ info: ONNXValueInfoProto, path: String) throws {
        name = info.name
        let fault = { (problem: String) in
            Fault(
                .badData, "input \(info.name) of \(path)", problem,
                remedy: "export a network that takes float32 stamps (N, channels, height, width) or "
                    + "(N, height, width, channels), and at most features (N, F) with them")
        }
        let type = ONNXTensorProto.DataType(rawValue: Int(info.type.tensorType.elemType))
        guard let type, type.isFloat else { throw fault("takes no floating-point numbers") }
        let dimensions = info.type.tensorType.shape.dim
        extents = dimensions.dropFirst().map { $0.dimValue > 0 && $0.dimValue <= 1 << 16 ? Int($0.dimValue) : 0 }
        guard [1, 3].contains(extents.count), !extents.contains(0) else {
            let told = dimensions.map { $0.dimValue > 0 ? "\($0.dimValue)" : $0.dimParam.isEmpty ? "?" : $0.dimParam }
            throw fault("has the shape (\(told.joined(separator: ", ")))")
        }
        samples = dimensions[0].dimValue > 0 ? Int(dimensions[0].dimValue) : nil
    }
}

extension GraphNode {
    /// The value of a node that is a constant.
    fileprivate func constantValue(_ external: ExternalElements) throws -> ONNXConstant {
        let name = proto.output.first ?? ""
        if let tensor = try tensor("value") { return try ONNXConstant(tensor, name, of: external) }
        if has("value_float") {
            let value = try float("value_float", default: 0)
            return ONNXConstant(name: name, extents: []) { [value] }
        }
        if let values = try floats("value_floats") {
            return ONNXConstant(name: name, extents: [values.count]) { values }
        }
        if has("value_int") { return ONNXConstant(integers: [try integer("value_int")], extents: []) }
        if let values = try integers("value_ints") { return ONNXConstant(integers: values) }
        throw unsupported("it is a constant without numbers")
    }
}
