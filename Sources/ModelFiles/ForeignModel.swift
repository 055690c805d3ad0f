import Faults
import Files

/// What to say of files that are given as a model and are none, or one of a format that is not read.
enum ForeignModel {
    private static let formats = "use a .safetensors, .keras, .h5, .onnx or .pth file"

    /// The fault of a file that begins as no model does.
    static func fault(_ path: String, _ beginning: [UInt8]) -> Fault {
        if isSavedModel(beginning) || path.hasSuffix(".pb") {
            return refused(
                path, "a graph of TensorFlow",
                """
                save the Keras model with model.save("model.keras"), or convert the folder that it is in: python -m \
                tf2onnx.convert --saved-model FOLDER --output model.onnx
                """)
        }
        guard let file = ForeignFile(beginning: beginning) else {
            return Fault(.usage, path, "is no model file", remedy: formats)
        }
        if case .empty = file { return Fault(.badData, path, "the file is empty", remedy: "copy or save it again") }
        let remedy =
            switch file {
            case .pickle:
                """
                a pickle can run anything, and none is read: in PyTorch use torch.save(model.state_dict(), \
                "weights.pth") or torch.onnx.export, in Keras model.save("model.keras")
                """
            case .tensorFlowLite: "use the Keras model or ONNX file that it was made from"
            case .npy, .fits, .picture, .parquet, .feather, .matlab, .netCDF, .text:
                "\(formats) or the folder of a run; stamps are named with --data, --stamps or --input"
            default: file.unwrapping(path) ?? formats
            }
        return refused(path, file.name, remedy)
    }

    private static func refused(_ path: String, _ name: String, _ remedy: String) -> Fault {
        // Under the name of a model it is a wrong file, under another a wrong name.
        Fault(
            ModelFiles.hasModelEnding(path) ? .badData : .usage, path, "is no model that is read, but \(name)",
            remedy: remedy)
    }

    /// Whether a SavedModel's graph begins here: the first field, its version, is always 1, and ONNX' is 3 or more.
    static func isSavedModel(_ beginning: [UInt8]) -> Bool { beginning.starts(with: [0x08, 0x01, 0x12]) }

    /// The fault of a zip archive that is neither one of Keras nor a state dict of PyTorch; nil for one of Keras, and
    /// for one whose directory cannot be read.
    static func archiveFault(_ path: String) -> Fault? {
        guard let archive = try? ZipArchive(ReadOnlyBytes.contents(of: path), path: path) else { return nil }
        let names = archive.members.map(\.name)
        if names.contains("metadata.json") || names.contains("config.json") { return nil }
        if names.contains(where: { $0.contains("/code/__torch__") || $0.hasSuffix("/constants.pkl") }) {
            return refused(
                path, "a program of TorchScript",
                "save the weights alone with torch.save(model.state_dict(), \"weights.pth\"), or use torch.onnx.export")
        }
        if names.contains(where: { $0.hasSuffix("data.pkl") }) {
            return refused(
                path, "an archive of PyTorch in another order than torch.save writes",
                "save it again with torch.save(model.state_dict(), \"weights.pth\")")
        }
        if names.contains(where: { $0.hasSuffix(".npy") }) {
            return refused(
                path, "an archive of numpy's arrays (.npz)",
                "\(formats) or the folder of a run; stamps are named with --data, --stamps or --input")
        }
        return refused(path, "a zip archive with \(names.first ?? "nothing") in it", formats)
    }
}
