import Foundation
import LayerCatalog
import Layers
import Models
import ONNXFormat
import SwiftProtobuf
import Preparation
import Tensors
import TestSupport

/// A network with random weights, all of them off 0 and 1.
func randomModel(_ description: NetworkDescription, preparation: StampPreparation = StampPreparation(.mean)) throws
    -> TrainedModel
{
    let network = try Network(description)
    let weights = network.initialWeights(seed: 5)
    for buffer in [weights.trainable, weights.state] {
        for index in 0..<buffer.count { buffer.pointer[index] += 0.5 + Float(index % 89) / 256 }
    }
    return TrainedModel(network: network, weights: weights, preparation: preparation)
}

/// The layers between an input (height, width, channels) and a softmax over two units.
func classifier(_ input: Shape, _ layers: [(name: String, kind: LayerKind)]) -> NetworkDescription {
    let output = [("output", LayerKind.dense(units: 2, activation: .softmax))]
    return NetworkDescription(name: "classifier", sequence: [("input", .input(shape: input))] + layers + output)
}

/// A model written and read again.
struct WrittenModel {
    let model: TrainedModel
    let message: ONNXModelProto
    var graph: ONNXGraphProto { message.graph }

    init(_ model: TrainedModel) throws {
        self.model = model
        message = try withTemporaryFolder { folder in
            let file = "\(folder)/model.onnx"
            try ONNXFile.write(model, to: file)
            return try ONNXModelProto(serializedBytes: bytes(file))
        }
    }

    init(_ description: NetworkDescription) throws { try self.init(randomModel(description)) }

    var operators: [String] { graph.node.map(\.opType) }

    func node(_ name: String) -> ONNXNodeProto? { graph.node.first { $0.name == name } }

    /// An operator's integers: one or several.
    func integers(_ attribute: String, of node: String) -> [Int64]? {
        guard let attribute = self.node(node)?.attribute.first(where: { $0.name == attribute }) else { return nil }
        return attribute.type == .int ? [attribute.i] : attribute.type == .ints ? attribute.ints : nil
    }

    func shape(_ constant: String) -> [Int64]? { tensor(constant)?.dims }

    /// A float32 constant's values.
    func floats(_ constant: String) -> [Float]? {
        guard let tensor = tensor(constant), tensor.dataType == 1 else { return nil }
        return tensor.rawData.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 4).map { bytes.loadUnaligned(fromByteOffset: $0, as: Float.self) }
        }
    }

    /// An int64 constant's values.
    func integers(_ constant: String) -> [Int64]? {
        guard let tensor = tensor(constant), tensor.dataType == 7 else { return nil }
        return tensor.rawData.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 8).map { bytes.loadUnaligned(fromByteOffset: $0, as: Int64.self) }
        }
    }

    /// A parameter's values as the network has them.
    func values(_ parameter: String) -> [Float] {
        model.network.parameters.first { $0.name == parameter }.map { model.weights.values($0) } ?? []
    }

    private func tensor(_ name: String) -> ONNXTensorProto? { graph.initializer.first { $0.name == name } }
}
