import Faults
import Files
import LayerCatalog
import Models
import Preparation

/// Keras 3's own file for a whole model, `.keras`: a zip archive of `config.json` (the layers), `metadata.json` and
/// `model.weights.h5`.
///
/// `keras.models.load_model` opens what `write` writes. Keras has no place for how stamps are prepared: it is kept as
/// `normalize` and `preparation` under `swift-run-trainer` (beside the threshold of a decision) in `metadata.json`,
/// which Keras does not look at.
public enum KerasArchive {
    /// Whether this program was built with the package trait `Keras`, without which there is neither reading nor
    /// writing.
    public static var isSupported: Bool {
        #if Keras
            true
        #else
            false
        #endif
    }

    #if !Keras
        /// What is said instead.
        static func unsupported(_ path: String) -> Fault {
            Fault(
                .usage, path, "this build has no Keras support",
                remedy: "install libhdf5-dev and libzip-dev and build with the package trait Keras, or use .safetensors"
            )
        }
    #endif

    /// Writes a model as a `.keras` file, atomically: equal models give equal bytes.
    ///
    /// - Throws: a `cannotWrite` fault; a `badData` fault for what Keras can only express as code; a `usage` fault in a
    ///   build without Keras support.
    public static func write(_ model: TrainedModel, to path: String) throws {
        #if Keras
            try write(model, to: AtomicFile(path))
        #else
            throw unsupported(path)
        #endif
    }

    /// The same, to a file that is open.
    package static func write(_ model: TrainedModel, to file: AtomicFile) throws {
        #if Keras
            let metadata: JSONValue = [
                "keras_version": "3.0.0", "date_saved": "1980-01-01@00:00:00",
                "swift-run-trainer": .object(try model.kerasNotes.mapValues { .string($0) }),
            ]
            try KerasZip.write(
                [
                    KerasZip.Member(name: "metadata.json", bytes: Array(try metadata.text().utf8)),
                    KerasZip.Member(
                        name: "config.json", bytes: Array(try model.network.kerasConfiguration().text().utf8)),
                    KerasZip.Member(name: WeightsFile.name, bytes: try WeightsFile.bytes(of: model)),
                ], to: file)
        #else
            throw unsupported(file.path)
        #endif
    }
}

extension TrainedModel {
    /// Reads a `.keras` file of Keras 3: a Sequential or functional model with its weights.
    ///
    /// Only data is read: Lambda layers, custom objects and whatever else would need code are refused. A file that does
    /// not say how stamps are normalised, because Keras wrote it, is taken to want the notebook's normalisation.
    ///
    /// - Throws: a `missingInput` fault when the file is not there; `badData` when it is damaged or has layers or
    ///   options that are not supported, which it names; `usage` in a build without Keras support.
    public init(kerasArchive path: String, _ reading: ModelReading = ModelReading()) throws {
        #if Keras
            let archive = try KerasZip(path)
            let notes = try Self.notes(archive, path)
            let model = try Self.kerasModel(archive, path, reading, notes)
            let network = try model.network(path)
            let file = try archive.contents(of: WeightsFile.name, limit: .max)
            // Checked before memory is asked for: Keras does not compress weights.
            guard network.trainableCount + network.stateCount <= file.range.count / MemoryLayout<Float>.size else {
                throw Fault(
                    .badData, path, "its \(WeightsFile.name) has fewer values than its network has weights",
                    remedy: "save the model again with Keras 3")
            }
            let weights = Weights(network: network)
            try WeightsFile.read(
                file, of: model, network: network, into: weights, path: path, part: "its \(WeightsFile.name) ")
            try self.init(network: network, weights: weights, notes: notes, from: path)
        #else
            throw KerasArchive.unsupported(path)
        #endif
    }

    #if Keras
        /// What this program says of the model in `metadata.json`, once it is clear that Keras 3 wrote the file.
        fileprivate static func notes(_ archive: KerasZip, _ path: String) throws -> [String: String] {
            let metadata =
                try archive.contents(of: "metadata.json", limit: 1 << 20)
                .withBytes { JSONValue(parsing: $0) }?.object ?? [:]
            let version = metadata["keras_version"]?.string ?? "an unknown version"
            guard version.hasPrefix("3.") else {
                throw Fault(
                    .badData, path, "was written by \(version) of Keras", remedy: "load it in Keras 3 and save it again"
                )
            }
            return (metadata["swift-run-trainer"]?.object ?? [:]).compactMapValues { $0.string }
        }

        fileprivate static func kerasModel(
            _ archive: KerasZip, _ path: String, _ reading: ModelReading, _ notes: [String: String]
        ) throws -> KerasModel {
            var reading = reading
            if notes[logitsNote] != nil { reading.fromLogits = true }
            let configuration = try archive.contents(of: "config.json", limit: JSONText.mostBytes)
            return try configuration.withBytes { try KerasModel($0, from: path, reading) }
        }

        /// Under which it is noted that a network ends in logits, of which Keras' configuration knows nothing.
        private static var logitsNote: String { "logits" }

        /// What this program says of the model.
        fileprivate var kerasNotes: [String: String] {
            get throws {
                var notes = try notes
                if network.description.endsInLogits { notes[Self.logitsNote] = "true" }
                return notes
            }
        }
    #endif
}

extension NetworkDescription {
    /// Reads the network of a `.keras` file of Keras 3 and leaves its weights alone.
    ///
    /// - Throws: as ``TrainedModel/init(kerasArchive:)``.
    public init(kerasArchive path: String, _ reading: ModelReading = ModelReading()) throws {
        #if Keras
            let archive = try KerasZip(path)
            self = try TrainedModel.kerasModel(archive, path, reading, TrainedModel.notes(archive, path)).description
        #else
            throw KerasArchive.unsupported(path)
        #endif
    }
}
