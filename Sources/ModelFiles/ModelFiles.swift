import Faults
import Files
import KerasFormat
import Models
import ONNXFormat
import TorchFormat

/// Models in files of every format that the program knows, distinguished by the name's ending.
public enum ModelFiles {
    /// Whether a `--model` option names a file rather than a standard network.
    public static func isFile(_ name: String) -> Bool {
        ([".safetensors", ".keras", ".json"] + TorchFile.nameEndings).contains { name.hasSuffix($0) }
    }

    /// Reads a model with its weights.
    ///
    /// - Throws: `Fault` for a file that is missing, damaged, or holds a network without weights.
    public static func read(_ path: String) throws -> TrainedModel {
        if path.hasSuffix(".keras") { return try TrainedModel(kerasArchive: path) }
        if path.hasSuffix(".safetensors") { return try TrainedModel(contentsOf: path) }
        if TorchFile.isNamed(path) { return try TorchFile.model(contentsOf: path) }
        guard FileAccess.exists(path) else {
            throw Fault(.missingInput, path, "there is no such file or folder", remedy: "check the name and the folder")
        }
        throw Fault(
            .usage, path, path.hasSuffix(".json") ? "holds a network without weights" : "is no model file",
            remedy: "use a .safetensors, .keras or .pth file")
    }

    /// Whether a file holds weights as another program names them, without the network: a `.pth` file of PyTorch.
    public static func isForeign(_ path: String) throws -> Bool {
        guard TorchFile.isNamed(path) else { return false }
        return try !TorchFile.hasNetwork(path)
    }

    /// Reads such a file; the network is found from the weights.
    public static func foreignNetwork(
        _ path: String, height: Int, width: Int, prefix: String?
    ) throws -> (network: Network, weights: Weights) {
        try TorchFile.network(contentsOf: path, height: height, width: width, prefix: prefix)
    }

    /// Whether names of parameters may have a prefix in a file of this name.
    public static func hasPrefixes(_ path: String) -> Bool { TorchFile.isNamed(path) }

    /// Reads a network; its weights too, unless the file is `.json`.
    public static func network(_ path: String) throws -> (network: Network, weights: Weights?) {
        guard path.hasSuffix(".json") else {
            let model = try read(path)
            return (model.network, model.weights)
        }
        let text = try ReadOnlyBytes.contents(of: path).copy
        return (try Network(NetworkDescription(kerasJSON: text, from: path)), nil)
    }

    /// Reads the weights of `network` by name.
    ///
    /// - Throws: `Fault` that names the first parameter that is missing or has another shape.
    public static func weights(of network: Network, from path: String) throws -> Weights {
        if TorchFile.isNamed(path) { return try TorchFile.weights(of: network, contentsOf: path) }
        guard path.hasSuffix(".keras") else {
            return try Weights(network: network, contentsOf: SafetensorsFile(contentsOf: path))
        }
        let (model, weights) = (try read(path), Weights(network: network))
        for parameter in network.parameters {
            guard let source = model.network.parameters.first(where: { $0.name == parameter.name }),
                source.shape == parameter.shape
            else {
                throw Fault(
                    .badData, path, "lacks \(parameter.name) of shape \(parameter.shape)",
                    remedy: "use weights of the same network, stamp size and number of classes")
            }
            weights.pointer(parameter).update(from: model.weights.pointer(source), count: parameter.shape.count)
        }
        return weights
    }

    /// Writes a model in the format that the name's ending asks for.
    ///
    /// - Parameter prefix: what comes before the names of parameters in a `.pth` file.
    /// - Throws: `Fault` for an unknown ending, for what cannot be written, and for `.keras` in a build without it.
    public static func write(_ model: TrainedModel, to output: OutputFile, prefix: String = "") throws {
        let path = output.path
        if path.hasSuffix(".safetensors") { return try model.write(to: output.open()) }
        if path.hasSuffix(".keras") { return try KerasArchive.write(model, to: output.open()) }
        if TorchFile.isNamed(path) { return try TorchFile.write(model, prefix: prefix, to: output.open()) }
        if path.hasSuffix(".onnx") { return try ONNXFile.write(model, to: output.open()) }
        throw Fault(
            .usage, path, "has the ending of no model format",
            remedy: "end the name with .safetensors, .keras, .onnx or .pth")
    }

    /// What ``write(_:to:)`` writes, to recognise an earlier one. The models in a run's folder are the run's.
    public static let kind = OutputFile.Kind("a converted model") { path in
        let prefix = OutputFile.beginning(of: path)
        guard !prefix.ranges(of: Array("swift-run-trainer".utf8)).isEmpty else { return false }
        // How an archive, a header of tensors behind its length, and ONNX's first field begin.
        let isModel =
            prefix.starts(with: [0x50, 0x4B, 3, 4]) || prefix.dropFirst(8).starts(with: "{\"__metadata__\"".utf8)
            || prefix.first == 8
        return isModel && !FileAccess.exists(FileAccess.split(path).folder + "/config.json")
    }
}
