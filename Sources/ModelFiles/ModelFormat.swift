import Faults
import Files
import KerasFormat
import ONNXFormat
import TorchFormat

/// What a file of a model is, by its first bytes.
enum ModelFormat {
    /// A zip archive of Keras 3.
    case keras
    /// HDF5, of Keras 1 to 3.
    case hdf5
    /// Tensors with the network in their metadata.
    case safetensors
    /// A zip archive of PyTorch.
    case torch
    /// A graph of ONNX' operators.
    case onnx
    /// A network without weights, as Keras writes it.
    case json

    /// - Throws: a `missingInput` fault when there is no such file.
    init(of path: String) throws {
        try FileAccess.requireReachable(path)
        guard FileAccess.exists(path) else {
            throw Fault(.missingInput, path, "there is no such file or folder", remedy: "check the name and the folder")
        }
        let beginning = OutputFile.beginning(of: path)
        if beginning.starts(with: [0x50, 0x4B, 3, 4]) {
            self = TorchFile.isOne(beginning: beginning) ? .torch : .keras
            if case .keras = self, let fault = ForeignModel.archiveFault(path) { throw fault }
        } else if KerasHDF5.isOne(beginning: beginning) {
            self = .hdf5
        } else if Self.isTensors(beginning) {
            self = .safetensors
        } else if Self.isJSON(beginning) {
            let (folder, name) = FileAccess.split(path)
            guard name != "config.json" || !FileAccess.exists("\(folder)/metrics.jsonl") else {
                throw Fault(
                    .usage, path, "is what a run records of its settings, not a model",
                    remedy: "name the folder of the run, \(folder)")
            }
            self = .json
        } else if ONNXFile.isOne(beginning: beginning), !ForeignModel.isSavedModel(beginning) {
            self = .onnx
        } else {
            self = try Self.named(path, beginning)
        }
    }

    /// Whether the length of a header stands here, the last of whose eight bytes are zeros, and the header behind it.
    private static func isTensors(_ beginning: [UInt8]) -> Bool {
        beginning.count > 8 && beginning[5..<8].allSatisfy { $0 == 0 } && beginning[8] == UInt8(ascii: "{")
    }

    /// Whether an object of JSON begins here.
    private static func isJSON(_ beginning: [UInt8]) -> Bool {
        beginning.first { ![0x20, 9, 10, 13].contains($0) } == UInt8(ascii: "{")
    }

    /// What a file with other bytes, or one that cannot be looked into twice, should be.
    private static func named(_ path: String, _ beginning: [UInt8]) throws -> ModelFormat {
        // A file of PyTorch before 1.6 is a pickle; what is damaged is told where it is read.
        if let file = ForeignFile(beginning: beginning), file != .empty, !(file == .pickle && TorchFile.isNamed(path)) {
            throw ForeignModel.fault(path, beginning)
        }
        if path.hasSuffix(".keras") { return .keras }
        if path.hasSuffix(".h5") || path.hasSuffix(".hdf5") { return .hdf5 }
        if path.hasSuffix(".safetensors") { return .safetensors }
        if TorchFile.isNamed(path) { return .torch }
        if path.hasSuffix(".onnx") { return .onnx }
        if path.hasSuffix(".json") { return .json }
        throw ForeignModel.fault(path, beginning)
    }
}
