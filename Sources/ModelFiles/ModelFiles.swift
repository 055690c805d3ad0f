import Faults
import Files
import KerasFormat
import Models
import ONNXFormat
import TorchFormat

/// Models in files of every format that the program knows, told apart by what they hold.
public enum ModelFiles {
    /// Whether a `--model` option names a file or a folder rather than a standard network.
    public static func isFile(_ name: String) -> Bool {
        name.contains("/") || hasModelEnding(name) || NetworkAndWeights(name) != nil || FileAccess.exists(name)
    }

    /// Whether a name ends as that of a model of a format that is read.
    static func hasModelEnding(_ name: String) -> Bool {
        let endings = [".safetensors", ".keras", ".json", ".h5", ".hdf5", ".onnx"] + TorchFile.nameEndings
        return endings.contains { name.hasSuffix($0) }
    }

    /// The files that a `--model` option names: two, where the network and the weights have one each.
    public static func files(_ name: String) -> [String] {
        NetworkAndWeights(name).map { [$0.network, $0.weights] } ?? [name]
    }

    /// Reads a model with its weights.
    ///
    /// - Throws: `Fault` for a file that is missing, damaged, or holds a network without weights.
    public static func read(_ path: String, _ reading: ModelReading = ModelReading()) throws -> TrainedModel {
        let model = try model(path, reading)
        try check(reading, model.network.description, path)
        return model
    }

    private static func model(_ path: String, _ reading: ModelReading) throws -> TrainedModel {
        if let files = NetworkAndWeights(path) { return try files.read(reading) }
        switch try ModelFormat(of: path) {
        case .keras: return try TrainedModel(kerasArchive: path, reading)
        case .hdf5: return try TrainedModel(kerasHDF5: path, reading)
        case .safetensors: return try TrainedModel(contentsOf: path)
        case .torch: return try TorchFile.model(contentsOf: path)
        case .onnx: return try TrainedModel(onnx: path, reading)
        case .json:
            throw Fault(
                .usage, path, "holds a network without weights",
                remedy: "use a .safetensors, .keras, .h5, .onnx or .pth file, or name the file of weights with it, as "
                    + "\(FileAccess.split(path).name)+weights.h5")
        }
    }

    /// Reads a network, and leaves its weights alone.
    ///
    /// - Throws: `Fault` for a file that is missing or damaged.
    public static func description(
        _ path: String, _ reading: ModelReading = ModelReading()
    ) throws -> NetworkDescription {
        let description = try described(NetworkAndWeights(path)?.network ?? path, reading)
        try check(reading, description, path)
        return description
    }

    private static func described(_ path: String, _ reading: ModelReading) throws -> NetworkDescription {
        switch try ModelFormat(of: path) {
        case .keras: return try NetworkDescription(kerasArchive: path, reading)
        case .hdf5: return try NetworkDescription(kerasHDF5: path, reading)
        case .safetensors: return try NetworkDescription(safetensors: path)
        case .torch: return try TorchFile.description(contentsOf: path)
        case .onnx: return try NetworkDescription(onnx: path, reading)
        case .json: return try NetworkDescription(kerasJSON: ReadOnlyBytes.contents(of: path).copy, from: path, reading)
        }
    }

    /// Refuses logits where there are none.
    private static func check(_ reading: ModelReading, _ description: NetworkDescription, _ path: String) throws {
        guard reading.fromLogits, !description.endsInLogits else { return }
        throw Fault(
            .usage, "--from-logits", "is given, and \(path) ends in softmax or sigmoid", remedy: "leave it out")
    }

    /// Whether a file holds weights as another program names them, without the network: one of PyTorch.
    public static func isForeign(_ path: String) throws -> Bool {
        guard NetworkAndWeights(path) == nil, case .torch = try ModelFormat(of: path) else { return false }
        return try !TorchFile.hasNetwork(path)
    }

    /// Reads such a file; the network is found from the weights.
    public static func foreignNetwork(
        _ path: String, height: Int, width: Int, prefix: String?
    ) throws -> (network: Network, weights: Weights) {
        try TorchFile.network(contentsOf: path, height: height, width: width, prefix: prefix)
    }

    /// Whether names of parameters may have a prefix in a file that is written under this name.
    public static func hasPrefixes(_ path: String) -> Bool { TorchFile.isNamed(path) }

    /// Reads the weights of `network` by name.
    ///
    /// - Throws: `Fault` that names the first parameter that is missing or has another shape.
    public static func weights(of network: Network, from path: String) throws -> Weights {
        let model: TrainedModel
        switch try NetworkAndWeights(path) == nil ? ModelFormat(of: path) : .json {
        case .safetensors: return try Weights(network: network, contentsOf: SafetensorsFile(contentsOf: path))
        case .hdf5: return try Weights.kerasHDF5(path, of: network)
        case .torch: return try TorchFile.weights(of: network, contentsOf: path)
        case .keras, .onnx, .json:
            model = try self.model(path, ModelReading(fromLogits: network.description.endsInLogits))
        }
        let weights = Weights(network: network)
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
    /// - Parameters:
    ///   - prefix: what comes before the names of parameters in a `.pth` file.
    ///   - normalizes: whether the model takes stamps as they are and normalises them first, which only `.onnx` and
    ///     `.keras` files do.
    /// - Throws: `Fault` for an unknown ending, for what cannot be written, and for `.keras` in a build without it.
    public static func write(
        _ model: TrainedModel, to output: OutputFile, prefix: String = "", normalizes: Bool = false
    ) throws {
        let path = output.path
        if path.hasSuffix(".safetensors") { return try model.write(to: output.open()) }
        if path.hasSuffix(".keras") { return try KerasArchive.write(model, normalizes: normalizes, to: output.open()) }
        if TorchFile.isNamed(path) { return try TorchFile.write(model, prefix: prefix, to: output.open()) }
        if path.hasSuffix(".onnx") { return try ONNXFile.write(model, normalizes: normalizes, to: output.open()) }
        throw Fault(
            .usage, path, "has the ending of no model format",
            remedy: "end the name with .safetensors, .keras, .onnx or .pth")
    }

    /// Whether a file of this name holds stamps' normalisation if it is asked to.
    public static func mayNormalize(_ path: String) -> Bool { path.hasSuffix(".onnx") || path.hasSuffix(".keras") }

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
