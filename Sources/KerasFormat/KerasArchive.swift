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
    /// - Parameter normalizes: whether the model takes stamps as they are and normalises them first.
    /// - Throws: a `cannotWrite` fault; a `badData` fault for what Keras can only express as code; a `usage` fault in a
    ///   build without Keras support.
    public static func write(_ model: TrainedModel, normalizes: Bool = false, to path: String) throws {
        #if Keras
            try write(model, normalizes: normalizes, to: AtomicFile(path))
        #else
            throw unsupported(path)
        #endif
    }

    /// The same, to a file that is open.
    package static func write(_ model: TrainedModel, normalizes: Bool = false, to file: AtomicFile) throws {
        #if Keras
            let expression = normalizes ? try model.expression : nil
            var notes = try model.kerasNotes
            if expression != nil { notes[TrainedModel.normalizesNote] = "true" }
            let metadata: JSONValue = [
                "keras_version": "3.0.0", "date_saved": "1980-01-01@00:00:00",
                "swift-run-trainer": .object(notes.mapValues { .string($0) }),
            ]
            let normalization = expression.map { KerasNormalization($0, over: model.preparation.scope) }
            let configuration = try model.network.kerasConfiguration(normalization)
            try KerasZip.write(
                [
                    KerasZip.Member(name: "metadata.json", bytes: Array(try metadata.text().utf8)),
                    KerasZip.Member(name: "config.json", bytes: Array(try configuration.text().utf8)),
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
            let metadata = try KerasMetadata(archive, path)
            let model = try metadata.model(archive, path, reading)
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
                file, of: model, KerasWeightsLayout(version: metadata.version), network: network, into: weights,
                path: path, part: "its \(WeightsFile.name) ")
            try self.init(network: network, weights: weights, notes: metadata.notes, from: path)
        #else
            throw KerasArchive.unsupported(path)
        #endif
    }

    #if Keras
        /// What this program says of the model.
        fileprivate var kerasNotes: [String: String] {
            get throws {
                var notes = try notes
                if network.description.endsInLogits { notes[KerasMetadata.logitsNote] = "true" }
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
            self = try KerasMetadata(archive, path).model(archive, path, reading).description
        #else
            throw KerasArchive.unsupported(path)
        #endif
    }
}

#if Keras
    /// `metadata.json` of a `.keras` file.
    private struct KerasMetadata {
        /// Of Keras.
        let version: String
        /// What this program says of the model.
        let notes: [String: String]

        /// Under which it is noted that a network ends in logits, of which Keras' configuration knows nothing.
        static let logitsNote = "logits"

        /// - Throws: a `badData` fault for a file that neither Keras 3 nor a late Keras 2 wrote.
        init(_ archive: KerasZip, _ path: String) throws {
            let metadata =
                try archive.contents(of: "metadata.json", limit: 1 << 20)
                .withBytes { JSONValue(parsing: $0) }?.object ?? [:]
            version = metadata["keras_version"]?.string ?? "an unknown version"
            guard version.hasPrefix("3.") || version.hasPrefix("2.") else {
                throw Fault(
                    .badData, path, "was written by \(version) of Keras", remedy: "load it in Keras 3 and save it again"
                )
            }
            notes = (metadata["swift-run-trainer"]?.object ?? [:]).compactMapValues { $0.string }
            try TrainedModel.refuseNormalizing(notes, path)
        }

        func model(_ archive: KerasZip, _ path: String, _ reading: ModelReading) throws -> KerasModel {
            var reading = reading
            if notes[Self.logitsNote] != nil { reading.fromLogits = true }
            let configuration = try archive.contents(of: "config.json", limit: JSONText.mostBytes)
            return try configuration.withBytes { try KerasModel($0, from: path, version: version, reading) }
        }
    }
#endif
