import Faults
import Files
import LayerCatalog
import Models
import SwiftProtobuf

extension ONNXFile {
    /// Whether a file may be one of ONNX: the version of the format, its first field, and then another one.
    public static func isOne(beginning: [UInt8]) -> Bool {
        guard beginning.count > 2, beginning[0] == 0x08, (1..<0x80).contains(beginning[1]) else { return false }
        // The fields that may come next, as bytes of some length or, of the model's version, as a number.
        return [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72, 0xA2].contains(beginning[2])
    }

    /// A network that a graph has been found to be.
    struct ReadNetwork {
        let description: NetworkDescription
        /// What gives the values of parameters, by their names.
        let parameters: [String: @Sendable () throws -> [Float]]
        /// What this program says of the model.
        let notes: [String: String]
    }

    static func network(_ path: String, _ reading: ModelReading) throws -> ReadNetwork {
        let model: ONNXModelProto
        do {
            let contents = try ReadOnlyBytes.contents(of: path)
            var options = BinaryDecodingOptions()
            options.discardUnknownFields = true
            model = try withExtendedLifetime(contents) {
                try ONNXModelProto(serializedBytes: MappedBytes(bytes: contents.bytes), options: options)
            }
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(.badData, path, "is no ONNX file, or a damaged one", remedy: "export the network again")
        }
        let notes = Dictionary(model.metadataProps.map { ($0.key, $0.value) }) { $1 }
        try TrainedModel.refuseNormalizing(notes, path)
        let graph = try CheckedGraph(model, path: path)
        let (reader, output) = try read(graph)
        return network(reader, output, graph, reading, isOwn: notes["normalize"] != nil, notes)
    }

    /// Reads a graph with channels first and with channels last, and gives the reading that moves less.
    private static func read(_ graph: CheckedGraph) throws -> (GraphReader, LayerOutput) {
        var found: [(reader: GraphReader, output: LayerOutput)] = []
        var refusal: (any Error)?
        for isChannelsFirst in channelOrders(graph) {
            var reader = GraphReader(graph, isChannelsFirst: isChannelsFirst)
            do {
                found.append((reader, try reader.read()))
                found[found.count - 1].reader = reader
            } catch {
                refusal = refusal ?? error
            }
        }
        if let best = found.min(by: { $0.reader.moves < $1.reader.moves }) { return (best.reader, best.output) }
        throw refusal ?? Fault(.badData, graph.path, "cannot be read", remedy: "export the network again")
    }

    /// The likelier order first: stamps have fewer channels than rows.
    private static func channelOrders(_ graph: CheckedGraph) -> [Bool] {
        guard let stamps = graph.inputs.first(where: { $0.extents.count == 3 }) else { return [true] }
        let isFirst = stamps.extents[0] <= stamps.extents[2]
        return [isFirst, !isFirst]
    }

    private static func network(
        _ reader: GraphReader, _ output: LayerOutput, _ graph: CheckedGraph, _ reading: ModelReading, isOwn: Bool,
        _ notes: [String: String]
    ) -> ReadNetwork {
        let layers = reader.layers
        let last = layers.last.flatMap { ($0.kind.options as? ActivationOptions)?.function }
        let endsInLogits =
            (reading.fromLogits || isOwn && notes[logitsNote] != nil) && last != .softmax && last != .sigmoid
        var description = NetworkDescription(
            name: graph.name.isEmpty ? "network" : graph.name, layers: layers, endsInLogits: endsInLogits)
        description.graphNames = GraphNames(
            inputs: reader.inputNames, output: graph.output, isChannelsFirst: reader.isChannelsFirst)
        return ReadNetwork(
            description: description, parameters: reader.parameters, notes: isOwn ? notes : [:])
    }
}

/// Bytes of a file as SwiftProtobuf reads them.
private struct MappedBytes: SwiftProtobufContiguousBytes {
    var bytes: UnsafeRawBufferPointer
    var count: Int { bytes.count }

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }
    init(repeating: UInt8, count: Int) { preconditionFailure("bytes of a file are only read") }
    init<S: Sequence>(_ sequence: S) where S.Element == UInt8 { preconditionFailure("bytes of a file are only read") }

    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R { try body(bytes) }
    mutating func withUnsafeMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
        preconditionFailure("bytes of a file are only read")
    }
}

extension NetworkDescription {
    /// Reads the network of an `.onnx` file and leaves its weights alone.
    ///
    /// - Throws: as ``TrainedModel/init(onnx:_:)``.
    public init(onnx path: String, _ reading: ModelReading = ModelReading()) throws {
        self = try ONNXFile.network(path, reading).description
    }
}

extension TrainedModel {
    /// Reads an `.onnx` file: a network of the operators that this program writes, with its weights.
    ///
    /// Nothing is executed. A file that does not say how stamps are normalised, because another program wrote it, is
    /// taken to want the notebook's normalisation.
    ///
    /// - Throws: a `missingInput` fault when the file is not there; `badData` when it is damaged or has operators or
    ///   options that no layer stands for, which it names.
    public init(onnx path: String, _ reading: ModelReading = ModelReading()) throws {
        let read = try ONNXFile.network(path, reading)
        let network = try Network(read.description)
        let weights = Weights(network: network)
        for parameter in network.parameters {
            guard let values = try read.parameters[parameter.name]?(), values.count == parameter.shape.count else {
                throw Fault(
                    .badData, path, "lacks \(parameter.name) of shape \(parameter.shape)",
                    remedy: "export the network again")
            }
            weights.pointer(parameter).update(from: values, count: values.count)
        }
        try self.init(network: network, weights: weights, notes: read.notes, from: path)
    }
}
