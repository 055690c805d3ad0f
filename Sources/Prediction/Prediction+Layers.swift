import Communication
import Engine
import Faults
import Files
import Lanes
import Models
import RunRecords
import StampData
import StampFormats
import StampLoading

extension Prediction {
    /// Floats of outputs that are gathered at a time.
    private static let valuesAtOnce = 1 << 22

    /// Writes what a layer makes of all stamps of some files, in the order of the files; NaN for stamps that cannot be
    /// normalised. Only the layers that it needs are computed. Collective.
    ///
    /// - Parameters:
    ///   - layer: its name.
    ///   - features: the table, or array, of the stamps' features; nil for none.
    ///   - identifiers: the column, or array, of what the stamps are called in the table; nil for none.
    ///   - output: a `.npy` file of (N, …), each row in the layout of Keras (channels last); nil for none.
    ///   - table: a CSV file (``LayerTable``) of a vector; nil for none.
    public func layerOutputs(
        of layer: String, _ input: StampSource, features: String? = nil, identifiers: String? = nil, output: String?,
        table: String? = nil
    ) throws {
        let part = try group.agree { try self.part(endingWith: layer, table: table) }
        let stamps = try unlabelled(input, features)
        let names = try self.identifiers(identifiers, of: stamps)
        let inputs = inputs(input.allFiles, features, identifiers)
        let shape = part.nodes[part.nodes.count - 1].outputShape
        let reader = try readers(stamps)[0].adding(self.features(features, of: stamps)[0])
        let files = try group.onRoot {
            let stampShape = [stamps.height, stamps.width, stamps.channels]
            let array = try output.map {
                try OutputFile(
                    $0, option: "--output", inputs: inputs,
                    kind: .layerOutputs(of: shape.extents, stamps: stampShape))
            }
            let table = try table.map {
                try OutputFile(
                    $0, option: "--csv", inputs: inputs, others: [array].compactMap { $0 }, kind: LayerTable.kind)
            }
            return (
                array: try array.map { try NpyWriter($0.open(), rowShape: shape.extents, rows: stamps.count) },
                table: try table.map {
                    try LayerTable($0.open(), of: stamps, columns: shape.count, identifiers: names)
                }
            )
        }
        logData(stamps)
        let team = try team()
        defer { team.finish() }
        let inference = Inference(
            network: part, weights: Weights(of: part, in: model.network, from: model.weights), team: team, group: group)
        // Whole chunks of any network: where the blocks end changes nothing.
        let block = max(1, Self.valuesAtOnce / shape.count / InferenceShare.unit) * InferenceShare.unit
        var unusable: [Int] = []
        for start in stride(from: 0, to: stamps.count, by: block) {
            let count = min(block, stamps.count - start)
            let values = try inference.logits(of: count) { number, sample in
                try reader.readSample(start + number, into: sample)
            }
            try group.agree {
                guard let values else { return }
                unusable += (0..<count).filter { values[$0 * shape.count].isNaN }.map { start + $0 }
                try files?.array?.append(values)
                try files?.table?.append(values, first: start)
            }
        }
        try group.agree {
            guard let files else { return }
            warn(unusable: unusable, stamps, input.files)
            try files.array?.finish()
            try files.table?.finish()
        }
    }

    /// The part of the only model that gives a layer's output.
    ///
    /// - Throws: `Fault(.usage)` for several models, a name that no layer has, and a table of more than vectors.
    private func part(endingWith layer: String, table: String?) throws -> Network {
        let path = members[0].path
        guard members.count == 1 else {
            throw Fault(
                .usage, "--model", "names \(members.count) models, and --layer \(layer) is of one",
                remedy: "name one, such as \(path)")
        }
        let part = try model.network.part(endingWith: layer, of: path)
        let shape = part.nodes[part.nodes.count - 1].outputShape
        if let table, shape.extents.count > 1 || shape.count > LayerTable.mostColumns {
            throw Fault(
                .usage, "--csv \(table)",
                "has a line of numbers for each stamp, and the output of \(layer) has the shape \(shape)",
                remedy: "write it with --output FILE.npy, or name a layer of at most \(LayerTable.mostColumns) units")
        }
        return part
    }
}
