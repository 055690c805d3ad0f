import Faults
import Files
import FoundationEssentials
import LayerCatalog
import Models
import Tensors

/// A residual network's weights as torchvision's module has them in its state dict: `.pth` files.
///
/// `module.load_state_dict(torch.load(FILE, weights_only=True))` takes what `write` writes, for the `resnet18`,
/// `resnet34` or `resnet50` of `torchvision.models` with as many classes and a `conv1` for as many channels. The module
/// ends in logits, to which a softmax is to be added (a sigmoid for one output). What the program itself wants to know of
/// the model, its description and how stamps are prepared, lies in the archive beside what torch looks at.
public enum TorchFile {
    /// The names of files that are read and written here.
    public static let nameEndings = [".pth", ".pt"]

    public static func isNamed(_ path: String) -> Bool { nameEndings.contains { path.hasSuffix($0) } }

    /// Whether an archive that begins so is one of PyTorch: its first member is a pickle.
    public static func isOne(beginning: [UInt8]) -> Bool {
        !beginning.prefix(512).ranges(of: Array("data.pkl".utf8)).isEmpty
    }

    // MARK: Reading

    /// Reads the network of a model that `write` has written.
    public static func description(contentsOf path: String) throws -> NetworkDescription {
        try notes(of: StateDict(contentsOf: path)).network
    }

    /// Reads a model that `write` has written.
    ///
    /// - Throws: `Fault`; files from elsewhere hold weights without a network, which ``model(contentsOf:_:)`` reads.
    public static func model(contentsOf path: String) throws -> TrainedModel {
        let file = try StateDict(contentsOf: path)
        let (description, notes) = try notes(of: file)
        let network = try Network(description)
        return try TrainedModel(
            network: network, weights: weights(of: network, in: file, prefix: nil), notes: notes, from: path)
    }

    private static func notes(of file: StateDict) throws -> (network: NetworkDescription, notes: [String: String]) {
        guard let note = try file.note() else {
            throw Fault(
                .badData, file.path, "holds weights without a network",
                remedy: "convert it first, or train the network's name with --initial-weights \(file.path)")
        }
        guard let notes = try? JSONDecoder().decode([String: String].self, from: Data(note.utf8)),
            let json = notes["network"]
        else {
            throw Fault(
                .badData, file.path, "its network cannot be read",
                remedy: "use a file written by this version of swift-run-trainer")
        }
        return (try NetworkDescription(json: json, from: file.path), notes)
    }

    /// Whether a file is one that `write` has written.
    public static func hasNetwork(_ path: String) throws -> Bool { try StateDict(contentsOf: path).note() != nil }

    /// Reads the weights of a network of torchvision, found from the names and shapes of its parameters.
    ///
    /// - Parameters:
    ///   - height, width: of the stamps, of which the file says nothing.
    ///   - prefix: what comes before torchvision's names; nil for what is found.
    public static func network(
        contentsOf path: String, height: Int, width: Int, prefix: String?
    ) throws -> (network: Network, weights: Weights) {
        let file = try StateDict(contentsOf: path)
        let prefix = try prefix ?? self.prefix(of: "conv1.weight", in: file)
        guard file.shape(prefix + "conv1.weight") != nil else {
            throw lacks(
                prefix + "conv1.weight", file.path, remedy: "use the state dict of a residual network of torchvision")
        }
        guard let kernel = file.shape(prefix + "conv1.weight"), kernel.count == 4, kernel[1] > 0,
            let output = file.shape(prefix + "fc.weight"), output.count == 2, output[0] > 0,
            let standard = StandardNetwork.torchvision.first(where: { standard in
                let blocks = standard.torchvisionBlocks
                return zip(1..., blocks.counts).allSatisfy { stage, count in
                    file.shape("\(prefix)layer\(stage).\(count - 1).conv1.weight") != nil
                        && file.shape("\(prefix)layer\(stage).\(count).conv1.weight") == nil
                } && (file.shape("\(prefix)layer1.0.conv3.weight") != nil) == blocks.isDeep
            })
        else { throw unknown(file.path) }
        let network = try Network(
            standard.description(height: height, width: width, channels: kernel[1], classes: output[0]))
        return (network, try weights(of: network, in: file, prefix: prefix))
    }

    /// Reads the weights of `network` by the names of torchvision's modules.
    ///
    /// - Throws: a fault that names the first parameter that is missing or has another shape.
    public static func weights(of network: Network, contentsOf path: String) throws -> Weights {
        try weights(of: network, in: StateDict(contentsOf: path), prefix: nil)
    }

    private static func weights(of network: Network, in file: StateDict, prefix: String?) throws -> Weights {
        guard isTorchvision(network) else {
            let names = StandardNetwork.torchvision.map(\.rawValue).joined(separator: ", ")
            throw Fault(
                .badData, file.path,
                "has the weights of a module of PyTorch, which are read for \(names), not for \(network.description.name)",
                remedy: "export the whole network with torch.onnx.export, and name that file with --model")
        }
        let names = try network.parameters.map { try TorchParameter($0, of: network) }
        let prefix = try prefix ?? self.prefix(of: names[0].name, in: file)
        // Compared before memory is asked for: a network may claim any size.
        for parameter in names {
            let wanted = prefix + parameter.name
            guard let shape = file.shape(wanted) else {
                throw lacks(
                    "\(wanted) of shape \(shapeText(parameter.shape))", file.path,
                    remedy: "use the state dict of torchvision's \(network.description.name)")
            }
            guard shape == parameter.shape else {
                throw Fault(
                    .badData, file.path,
                    "has \(wanted) of shape \(shapeText(shape)) instead of \(shapeText(parameter.shape))",
                    remedy: "use weights of the same network, number of channels and number of classes")
            }
        }
        let weights = Weights(network: network)
        for (parameter, name) in zip(network.parameters, names) {
            let values = name.own(try file.floats(prefix + name.name))
            weights.pointer(parameter).update(from: values, count: values.count)
        }
        return weights
    }

    /// What stands before a name, say `model.`: the shortest there is.
    private static func prefix(of name: String, in file: StateDict) throws -> String {
        let found = file.names.filter { $0 == name || $0.hasSuffix("." + name) }.map { $0.dropLast(name.count) }
        return found.min { $0.utf8.count < $1.utf8.count }.map(String.init) ?? ""
    }

    private static func lacks(_ what: String, _ path: String, remedy: String) -> Fault {
        Fault(.badData, path, "lacks \(what)", remedy: remedy)
    }

    private static func unknown(_ subject: String) -> Fault {
        let names = StandardNetwork.torchvision.map(\.rawValue).joined(separator: ", ")
        return Fault(
            .badData, subject, "is no network of torchvision that is known",
            remedy: "use one of \(names), or exchange networks as .keras or .onnx")
    }

    // MARK: Writing

    /// Writes a model, atomically: equal models give equal bytes.
    ///
    /// - Parameter prefix: what comes before torchvision's names; `model.` where a module keeps the network so.
    /// - Throws: a `badData` fault for a network that is not torchvision's; a `cannotWrite` fault.
    package static func write(_ model: TrainedModel, prefix: String, to file: AtomicFile) throws {
        guard isTorchvision(model.network) else { throw unknown(model.network.description.name) }
        var tensors: [(name: String, values: StateDictWriter.Values)] = []
        for parameter in model.network.parameters {
            let name = try TorchParameter(parameter, of: model.network)
            tensors.append(
                (prefix + name.name, .floats(name.torch(model.weights.values(parameter)), shape: name.shape)))
            if name.isLastOfNormalization {
                // Torch counts batches for averages of another kind than ours.
                tensors.append((prefix + name.module + ".num_batches_tracked", .integer(0)))
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = String(decoding: try encoder.encode(model.network.description), as: UTF8.self)
        let note = try encoder.encode(try model.notes.merging(["network": json]) { $1 })
        try StateDictWriter.write(tensors, note: String(decoding: note, as: UTF8.self), to: file)
    }

    /// Whether a network has torchvision's layers, whatever it sees and however many classes it tells.
    private static func isTorchvision(_ network: Network) -> Bool {
        let stamps = network.inputShape.extents
        return StandardNetwork.torchvision.contains { standard in
            standard.description(
                height: stamps[0], width: stamps[1], channels: stamps[2], classes: network.outputs
            ).layers == network.description.layers
        }
    }
}
