import FoundationEssentials
import LayerCatalog
import SwiftProtobuf

/// An ONNX graph in the making: nodes and constants, each under a name that stands once.
struct GraphBuilder: ONNXGraph {
    private(set) var graph = ONNXGraphProto()
    private var names: Set<String>

    /// - Parameter reserved: names that no node or constant may take.
    init(reserved: Set<String>) { names = reserved }

    /// Adds an operator with one output, called `scope/type`, and gives the output's name.
    mutating func append(
        _ type: String, _ inputs: [String], _ attributes: [ONNXAttribute], in scope: String
    ) -> String {
        let name = unique("\(scope)/\(type)")
        graph.node.append(
            .with {
                $0.opType = type
                $0.name = name
                $0.input = inputs
                $0.output = [name]
                $0.attribute = attributes.map(ONNXAttributeProto.init)
            })
        return name
    }

    /// Adds the values of `input` along its last axis, in increasing order, and gives their name.
    ///
    /// - Parameter count: the extent of that axis.
    mutating func sorted(_ input: String, count: Int, in scope: String) -> String {
        let all = constant("\(scope)/count", integers: [count])
        let name = append("TopK", [input, all], [.integer("largest", 0), .integer("sorted", 1)], in: scope)
        graph.node[graph.node.count - 1].output.append(unique("\(scope)/TopK_indices"))
        return name
    }

    /// Adds a float32 tensor (a number, when it has no shape) and gives its name.
    mutating func constant(_ name: String, shape: [Int], _ values: [Float]) -> String {
        precondition(values.count == shape.reduce(1, *), "\(name): \(values.count) values are not of shape \(shape)")
        return constant(name, .float, shape, values.withUnsafeBytes { Data($0) })
    }

    /// Adds a float64 tensor (a number, when it has no shape) and gives its name.
    mutating func constant(_ name: String, shape: [Int], doubles: [Double]) -> String {
        precondition(doubles.count == shape.reduce(1, *), "\(name): \(doubles.count) values are not of shape \(shape)")
        return constant(name, .double, shape, doubles.withUnsafeBytes { Data($0) })
    }

    /// Adds a vector of integers and gives its name.
    mutating func constant(_ name: String, integers: [Int]) -> String {
        constant(name, .int64, [integers.count], integers.map(Int64.init).withUnsafeBytes { Data($0) })
    }

    private mutating func constant(
        _ name: String, _ type: ONNXTensorProto.DataType, _ shape: [Int], _ bytes: Data
    ) -> String {
        let name = unique(name)
        graph.initializer.append(
            .with {
                $0.name = name
                $0.dataType = Int32(type.rawValue)
                $0.dims = shape.map(Int64.init)
                $0.rawData = bytes
            })
        return name
    }

    /// Calls a node's output `name` from now on, wherever it is used; `name` must be reserved.
    mutating func rename(_ output: String, to name: String) {
        precondition(names.contains(name), "\(name) is not reserved")
        for index in graph.node.indices {
            graph.node[index].input = graph.node[index].input.map { $0 == output ? name : $0 }
            graph.node[index].output = graph.node[index].output.map { $0 == output ? name : $0 }
        }
    }

    /// `name`, or `name_1`, `name_2` … when it is taken.
    private mutating func unique(_ name: String) -> String {
        var candidate = name
        var number = 0
        while !names.insert(candidate).inserted {
            number += 1
            candidate = "\(name)_\(number)"
        }
        return candidate
    }
}

extension ONNXAttributeProto {
    fileprivate init(_ attribute: ONNXAttribute) {
        self.init()
        switch attribute {
        case .integer(let name, let value):
            self.name = name
            type = .int
            i = Int64(value)
        case .integers(let name, let values):
            self.name = name
            type = .ints
            ints = values.map(Int64.init)
        case .float(let name, let value):
            self.name = name
            type = .float
            f = value
        }
    }
}
