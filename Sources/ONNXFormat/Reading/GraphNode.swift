import Faults
import SwiftProtobuf

/// An operator of a graph that is read.
struct GraphNode: Sendable {
    let proto: ONNXNodeProto
    /// The file, for messages.
    let path: String
    /// The version of the operators.
    let version: Int

    /// With the domain, if it is not ONNX' own.
    var type: String {
        ["", "ai.onnx"].contains(proto.domain) ? proto.opType : "\(proto.domain).\(proto.opType)"
    }

    /// The name of an operand; nil for one that is left out.
    func input(_ index: Int) -> String? {
        guard proto.input.indices.contains(index), !proto.input[index].isEmpty else { return nil }
        return proto.input[index]
    }

    func fault(_ problem: String, remedy: String) -> Fault {
        let name = proto.name.isEmpty ? proto.output.first ?? "" : proto.name
        return Fault(.badData, "node \(name) (\(type)) of \(path)", problem, remedy: remedy)
    }

    /// The fault of an option, or of operands, that no layer stands for.
    func unsupported(_ what: String) -> Fault {
        fault("\(what), which is not supported", remedy: "export a network without it")
    }

    private func attribute(_ name: String, _ type: ONNXAttributeProto.AttributeType) throws -> ONNXAttributeProto? {
        guard let attribute = proto.attribute.first(where: { $0.name == name }) else { return nil }
        // Files of before there were types do not tell them.
        guard attribute.type == type || attribute.type == .undefined else {
            throw fault("its \(name) is no \(type)", remedy: "export the network again")
        }
        return attribute
    }

    func integer(_ name: String, default value: Int = 0) throws -> Int {
        try attribute(name, .int).map { Int($0.i) } ?? value
    }

    func integers(_ name: String) throws -> [Int]? { try attribute(name, .ints)?.ints.map { Int($0) } }

    func float(_ name: String, default value: Float) throws -> Float { try attribute(name, .float)?.f ?? value }

    func floats(_ name: String) throws -> [Float]? { try attribute(name, .floats)?.floats }

    func text(_ name: String, default value: String) throws -> String {
        try attribute(name, .string).map { String(decoding: $0.s, as: UTF8.self) } ?? value
    }

    func tensor(_ name: String) throws -> ONNXTensorProto? {
        try attribute(name, .tensor).flatMap { $0.hasT ? $0.t : nil }
    }

    func has(_ name: String) -> Bool { proto.attribute.contains { $0.name == name } }

    /// An axis as the graph counts it, from 0 for that of samples or backwards from −1, for arrays of `rank` axes.
    func axis(_ axis: Int, rank: Int) throws -> Int {
        let place = axis < 0 ? axis.addingReportingOverflow(rank).partialValue : axis
        guard (0..<rank).contains(place) else {
            throw fault("its axis is \(axis) of \(rank)", remedy: "export the network again")
        }
        return place
    }
}
