import Faults
import Files
import Models
import SwiftProtobuf

/// A trained network as an `.onnx` file, for inference with onnxruntime and its like; networks that others have written
/// with the same operators are read.
///
/// Input `stamps` (N, height, width, channels) and output `probabilities` (N, 2) or (N, 1), both float32: what Keras'
/// `predict` takes and gives. A network that takes features (N, F) too has both inputs, in their order, under the names
/// of their layers; one that was read from a graph has the inputs and the output of that graph. The stamps are to be
/// prepared before, unless the graph normalises them; the metadata hold how, under `normalize` and `preparation`, and the
/// threshold of a decision.
/// Inside, maps are NCHW, as ONNX' operators want them. Source: ONNX IR version 8, operators version 17.
public enum ONNXFile {
    /// Writes the model, atomically: equal models give equal bytes.
    ///
    /// - Parameter normalizes: whether the graph takes stamps as they are and normalises them first.
    /// - Throws: a `cannotWrite` fault; a `badData` fault that names a layer which ONNX has no operators for.
    public static func write(_ model: TrainedModel, normalizes: Bool = false, to path: String) throws {
        try write(model, normalizes: normalizes, to: AtomicFile(path))
    }

    /// The same, to a file that is open.
    package static func write(_ model: TrainedModel, normalizes: Bool = false, to file: AtomicFile) throws {
        let message = try message(model, normalizes: normalizes)
        let bytes: [UInt8]
        do {
            bytes = try message.serializedBytes()
        } catch {
            throw Fault(
                .cannotWrite, file.path, "the network has more than the 2 GiB that an ONNX file can hold",
                remedy: "write it as .safetensors")
        }
        try bytes.withUnsafeBytes { try file.write($0) }
        try file.commit()
    }

    private static func message(_ model: TrainedModel, normalizes: Bool) throws -> ONNXModelProto {
        let network = model.network
        let output = network.description.graphNames?.output ?? "probabilities"
        let inputs = ONNXInput.all(of: network, output: output)
        var conversion = NetworkConversion(model, inputs: inputs, output: output)
        let expression = normalizes ? try model.expression : nil
        if let expression { conversion.normalize(by: expression, over: model.preparation.scope) }
        for layer in network.description.layers { try conversion.append(layer) }
        var graph = conversion.finish()
        graph.name = network.description.name
        graph.input = inputs.map { input in
            valueInfo(
                input.name, extents: input.extents,
                input.isOfStamps
                    ? "stamps, \(input.isChannelsFirst ? "channels × rows × columns" : "rows × columns × channels"), "
                        + (expression == nil ? "normalised: \(model.preparation.normalization)" : "not normalised")
                    : "features of each stamp")
        }
        graph.output = [
            valueInfo(
                output, extents: [network.outputs],
                explanation(of: model))
        ]
        var notes = try model.notes
        if expression != nil { notes[TrainedModel.normalizesNote] = "true" }
        if network.description.endsInLogits { notes[logitsNote] = "true" }
        return .with {
            $0.irVersion = 8
            $0.opsetImport = [.with { $0.version = 17 }]
            $0.producerName = "swift-run-trainer"
            $0.graph = graph
            $0.metadataProps = notes.sorted { $0.key < $1.key }.map { name, value in
                .with {
                    $0.key = name
                    $0.value = value
                }
            }
        }
    }

    /// Under which it is noted that the output is logits, which the graph does not say.
    static let logitsNote = "logits"

    private static func explanation(of model: TrainedModel) -> String {
        let names = model.classNames ?? (model.network.outputs > 2 ? [] : ["noise", "a source"])
        guard model.network.outputs > 1 else { return "probability of \(names[1])" }
        return names.isEmpty
            ? "probabilities of the classes"
            : "probabilities of \(names.dropLast().joined(separator: ", of ")) and of \(names[names.count - 1])"
    }

    /// What the graph says of an input or output: float32, any number of samples.
    private static func valueInfo(_ name: String, extents: [Int], _ explanation: String) -> ONNXValueInfoProto {
        .with {
            $0.name = name
            $0.docString = explanation
            $0.type.tensorType.elemType = Int32(ONNXTensorProto.DataType.float.rawValue)
            $0.type.tensorType.shape.dim =
                [.with { $0.dimParam = "N" }] + extents.map { extent in .with { $0.dimValue = Int64(extent) } }
        }
    }
}
