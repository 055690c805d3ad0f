import Faults
import Files
import FoundationEssentials
import KerasFormat
import Models
import ONNXFormat
import RunRecords
import StampFormats
import TorchFormat

/// The readers of files, each as a function of bytes.
enum Reader: String, CaseIterable {
    /// An `.npy` file, or an `.npz` file with its members.
    case npy, npz
    /// A FITS file, with cfitsio.
    case fits
    /// An HDF5 file of stamps, with libhdf5.
    case hdf5
    /// Tensors by name.
    case safetensors
    /// A whole model: tensors, the network's description, weights.
    case model
    /// The description of a network that model files hold.
    case network
    /// What Keras' `model.to_json()` gives, and `config.json` of a `.keras` file.
    case kerasJSON = "keras-json"
    /// A `.keras` file, with libzip and libhdf5.
    case keras
    /// An `.h5` file of Keras 1 to 3, with libhdf5.
    case kerasHDF5 = "keras-hdf5"
    /// An `.onnx` file.
    case onnx
    /// A `.pth` file of PyTorch.
    case torch
    /// The pickle in one.
    case pickle
    /// `state.json` of a checkpoint.
    case state
    /// `manifest.json` of a checkpoint.
    case manifest
    /// `history.csv` when a run is resumed.
    case history

    /// Reads the bytes as the program does, and uses what comes out once.
    func read(_ bytes: UnsafeRawBufferPointer) throws {
        switch self {
        case .npy, .npz:
            let array = try NumericArray(copying: bytes, name: "fuzz") { $0.count == 3 }
            try read(StampArray(array: array, path: "fuzz"))
        case .fits, .hdf5: try read(StampArray(copying: bytes, name: "fuzz"))
        case .safetensors:
            let file = try SafetensorsFile(copying: bytes, name: "fuzz")
            for tensor in file.tensors { _ = try file.doubles(tensor.name) }
        case .model: try MemoryFile.with(bytes) { _ = try TrainedModel(contentsOf: $0).weights.isFinite }
        case .network:
            try use(NetworkDescription(json: String(decoding: bytes, as: UTF8.self), from: "fuzz"))
        case .kerasJSON: try use(NetworkDescription(kerasJSON: bytes, from: "fuzz"))
        case .keras: try MemoryFile.with(bytes) { _ = try TrainedModel(kerasArchive: $0).weights.isFinite }
        case .kerasHDF5: try MemoryFile.with(bytes) { _ = try TrainedModel(kerasHDF5: $0).weights.isFinite }
        case .onnx: try MemoryFile.with(bytes) { _ = try TrainedModel(onnx: $0).weights.isFinite }
        case .torch:
            let file = try StateDict(ReadOnlyBytes.copying(bytes, "fuzz"), path: "fuzz")
            for name in file.names { _ = try file.floats(name) }
        case .pickle:
            var reader = PickleReader(bytes, file: "fuzz")
            _ = try reader.read()
        case .state:
            try MemoryFile.with(bytes) { path in
                let state = try JSONFile.read(CheckpointState.self, from: path)
                _ = try JSONFile.text(of: state)
            }
        case .manifest:
            try MemoryFile.withCheckpoint(manifest: bytes) { _ = try CheckpointFolder($0).newestWhole()?.state }
        case .history: try MemoryFile.with(bytes) { _ = try History.read($0).rows.last?.epoch }
        }
    }

    private func read(_ stamps: StampArray) throws {
        // What a stamp needs, the file holds.
        let most = 1 << 16
        guard stamps.valuesPerStamp <= most else { return }
        try withUnsafeTemporaryAllocation(of: Double.self, capacity: stamps.valuesPerStamp) { pixels in
            try stamps.copyStamp(stamps.count - 1, into: pixels.baseAddress!)
        }
    }

    /// Builds the network and writes its description again.
    private func use(_ description: NetworkDescription) throws {
        let network = try Network(description)
        _ = network.summary
        _ = try network.description.kerasJSON()
    }
}
