import Faults
import Files
import HDF5Objects
import LayerCatalog
import Models
import Preparation

/// HDF5 files of Keras 1 to 3: whole models as `model.save("model.h5")` writes them, and weights alone.
public enum KerasHDF5 {
    /// Whether a file begins like one of HDF5.
    public static func isOne(beginning: some Sequence<UInt8>) -> Bool { HDF5Signature.begins(beginning) }

    #if Keras
        /// A file that is open.
        fileprivate struct Contents {
            let path: String
            let contents: KerasContents
            let layout: LegacyLayoutDecoder.Answer

            init(_ path: String) throws {
                self.path = path
                contents = try KerasContents(wholeFile: path)
                layout = try contents.decode(
                    LegacyLayoutDecoder.self, LegacyLayoutDecoder.Request(path: path), name: path
                ).answer
            }

            func model(_ reading: ModelReading) throws -> KerasModel {
                guard let configuration = layout.configuration else {
                    throw Fault(
                        .badData, path, "holds weights without a network",
                        remedy: "name the network with it, as architecture.json+\(FileAccess.split(path).name)")
                }
                return try KerasModel(
                    configuration.utf8, from: path, version: layout.version, training: layout.training, reading)
            }

            func weights(of model: KerasModel, _ network: Network) throws -> Weights {
                guard network.trainableCount + network.stateCount <= Expansion.most(of: contents.range.count) / 4 else {
                    throw Fault(
                        .badData, path, "has fewer values than its network has weights",
                        remedy: "use weights of the same network, stamp size and number of classes")
                }
                let weights = Weights(network: network)
                if layout.isCurrent {
                    try WeightsFile.read(contents, of: model, network: network, into: weights, path: path, part: "")
                } else {
                    let legacy = LegacyWeights(path: path, layout: layout, network: network)
                    try WeightsFile.read(legacy.groups(of: model), contents, into: weights, path: path, part: "")
                    legacy.turnKernelsOfTheano(weights)
                }
                return weights
            }
        }
    #endif
}

extension TrainedModel {
    /// Reads a whole model of Keras 1 to 3 in an HDF5 file.
    ///
    /// Only data is read, as from `.keras` files. Stamps are taken to want the notebook's normalisation.
    ///
    /// - Throws: a `missingInput` fault when the file is not there; `badData` when it is damaged, holds weights alone, or
    ///   has layers or options that are not supported, which it names; `usage` in a build without Keras support.
    public init(kerasHDF5 path: String, _ reading: ModelReading = ModelReading()) throws {
        #if Keras
            let file = try KerasHDF5.Contents(path)
            let model = try file.model(reading)
            let network = try model.network(path)
            try self.init(network: network, weights: file.weights(of: model, network), notes: [:], from: path)
        #else
            throw KerasArchive.unsupported(path)
        #endif
    }

    /// Reads a network as `model.to_json()` gives it, with weights of an HDF5 file.
    ///
    /// - Throws: as ``init(kerasHDF5:)``.
    public init(kerasJSON path: String, kerasHDF5 weights: String, _ reading: ModelReading = ModelReading()) throws {
        #if Keras
            let text = try ReadOnlyBytes.contents(of: path).copy
            let model = try KerasModel(text, from: path, reading)
            let network = try model.network(path)
            try self.init(
                network: network, weights: KerasHDF5.Contents(weights).weights(of: model, network), notes: [:],
                from: path)
        #else
            throw KerasArchive.unsupported(weights)
        #endif
    }
}

extension NetworkDescription {
    /// Reads the network of an HDF5 file of Keras' and leaves its weights alone.
    ///
    /// - Throws: as ``TrainedModel/init(kerasHDF5:)``.
    public init(kerasHDF5 path: String, _ reading: ModelReading = ModelReading()) throws {
        #if Keras
            self = try KerasHDF5.Contents(path).model(reading).description
        #else
            throw KerasArchive.unsupported(path)
        #endif
    }
}

extension Weights {
    /// Reads the weights of a network out of an HDF5 file of Keras': by the names of layers, or in their order.
    ///
    /// - Throws: as ``TrainedModel/init(kerasHDF5:)``.
    public static func kerasHDF5(_ path: String, of network: Network) throws -> Weights {
        #if Keras
            try KerasHDF5.Contents(path).weights(of: KerasModel(network.description), network)
        #else
            throw KerasArchive.unsupported(path)
        #endif
    }
}
