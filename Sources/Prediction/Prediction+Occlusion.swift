import Communication
import Engine
import Faults
import Files
import Lanes
import Metrics
import Models
import StampData
import StampFormats
import Tensors

/// One stamp and its occlusion map.
public struct OcclusionMap: Sendable {
    public let height: Int
    public let width: Int
    /// What the stamp is called; nil if nobody says.
    public let identifier: String?
    /// The names of the stamp's channels.
    public let channels: [String]
    /// The stamp as the network sees it: (height, width, channels), row by row.
    public let stamp: [Float]
    /// The class that the map is of.
    public let className: String
    /// For each of its pixels, 1 − the probability of the class when what lies around it is covered; NaN for a stamp
    /// that cannot be normalised.
    public let values: [Float]
}

extension Prediction {
    /// Occluded stamps that are processed between two gathers: enough for all lanes of a large machine.
    private static let occludedAtOnce = 1 << 17

    /// Writes occlusion maps: (N, height, width) of what the network sees, in file order, or (height, width) of one
    /// stamp. Collective.
    ///
    /// A stamp is normalised, 0 is put under the window in all channels, the result is normalised again, and the map
    /// has 1 − the probability of a class there: large where the network needs what is covered to see that class.
    /// Source: astroML's notebook, whose map is transposed (row and column exchanged); this one has the stamp's
    /// orientation. Occluded stamps are made in the lanes, chunk by chunk, and are never in memory all at once.
    /// - Parameters:
    ///   - features: the table, or array, of the stamps' features, which stay as they are; nil for none.
    ///   - identifiers: the column, or array, of what the stamps are called; nil for none.
    ///   - index: of one stamp, or nil for all.
    ///   - className: of the class, or its number; nil for class 1 of two, and of more for the class that each stamp is
    ///     taken for as long as nothing is covered.
    /// - Returns: on rank 0 the map of the stamp that `index` names, else nil.
    @discardableResult
    public func occlusion(
        input: StampSource, features: String? = nil, identifiers: String? = nil, index: Int?,
        className: String? = nil, window: OcclusionWindow, output: String
    ) throws -> OcclusionMap? {
        // Rank 0 alone knows the files.
        let name = input.files.first ?? ""
        let collection = try StampCollection.agreed(in: group) {
            guard members.count == 1 else {
                throw Fault(
                    .usage, "--model", "names \(members.count) models, and a map shows what one of them looks at",
                    remedy: "name one, such as \(members[0].path)")
            }
            try checkFeatures(features)
            let collection = try StampCollection(unlabelled: input)
            let reader = try readers(collection)[0]
            _ = try Self.chosen(index, of: reader, window, name: name)
            return collection
        }
        let label = try group.agree { try className.map(self.label(named:)) ?? (classCount == 2 ? 1 : nil) }
        let names = try self.identifiers(identifiers, of: collection)
        let inputs = inputs(input.allFiles, features, identifiers)
        let file = try group.onRoot {
            try OutputFile(output, option: "--output", inputs: inputs, kind: .occlusionMaps)
        }
        let reader = try readers(collection)[0].adding(self.features(features, of: collection)[0])
        let stamps = try Self.chosen(index, of: reader, window, name: name)
        logData(collection)
        let team = try team()
        defer { team.finish() }
        let pass = OcclusionPass(
            network: model.network, reader: reader, window: window, label: label, team: team, group: group,
            inference: Inference(network: model.network, weights: model.weights, team: team, group: group))
        if index != nil {
            let maps = try pass.maps(stamps)
            return try group.agree {
                guard let maps, let file else { return nil }
                warn(unusable: maps.values.first?.isNaN == true ? 1 : 0, of: 1, name)
                let shape = [pass.height, pass.width]
                try NpyFile.write(floats: maps.values, shape: shape, to: file.open())
                return OcclusionMap(
                    height: shape[0], width: shape[1], identifier: names?[stamps.lowerBound],
                    channels: pass.reader.inputChannelNames,
                    stamp: try pass.normalized(stamps.lowerBound), className: try classNames[maps.labels[0]],
                    values: maps.values)
            }
        }
        try writeAll(stamps, pass, input: name, output: file)
        return nil
    }

    /// Occlusion maps of some labelled stamps, with models that take no features: of two classes of class 1, of more of
    /// the class that each stamp is taken for. Of one process alone.
    ///
    /// - Parameter indices: of the stamps, which all can be normalised.
    public func occlusion(
        of indices: [Int], in stamps: StampCollection, window: OcclusionWindow
    ) throws -> [OcclusionMap] {
        precondition(group.size == 1, "maps of several ranks")
        let reader = try readers(stamps)[0], names = try classNames
        let team = try team()
        defer { team.finish() }
        let pass = OcclusionPass(
            network: model.network, reader: reader, window: window, label: classCount == 2 ? 1 : nil, team: team,
            group: group,
            inference: Inference(network: model.network, weights: model.weights, team: team, group: group))
        return try indices.compactMap { index in
            guard let maps = try pass.maps(index..<index + 1) else { return nil }
            return OcclusionMap(
                height: pass.height, width: pass.width, identifier: nil, channels: reader.inputChannelNames,
                stamp: try pass.normalized(index), className: names[maps.labels[0]], values: maps.values)
        }
    }

    /// Maps of all stamps, a block of stamps at a time.
    private func writeAll(_ stamps: Range<Int>, _ pass: OcclusionPass, input: String, output: OutputFile?) throws {
        let (height, width) = (pass.height, pass.width)
        let writer = try group.agree {
            try output.map { try NpyWriter($0.open(), rowShape: [height, width], rows: stamps.count) }
        }
        let block = max(1, Self.occludedAtOnce / pass.positions)
        var unusable = 0
        for start in Swift.stride(from: 0, to: stamps.count, by: block) {
            let maps = try pass.maps(start..<min(start + block, stamps.count))
            try group.agree {
                guard let maps = maps?.values else { return }
                // The map of a usable stamp has a number somewhere, even if at some positions nothing usable is left.
                unusable += Swift.stride(from: 0, to: maps.count, by: height * width)
                    .count { maps[$0..<$0 + height * width].allSatisfy(\.isNaN) }
                try writer?.append(maps)
            }
        }
        try group.agree {
            try writer?.finish()
            if writer != nil { warn(unusable: unusable, of: stamps.count, input) }
        }
    }

    private func warn(unusable: Int, of count: Int, _ input: String) {
        guard unusable > 0 else { return }
        logger.warning("\(input): \(unusable) of \(count) stamps cannot be normalised; their maps are nan")
    }

    /// The stamps that maps are made of, after checking them and the window.
    private static func chosen(
        _ index: Int?, of reader: StampReader, _ window: OcclusionWindow, name: String
    ) throws -> Range<Int> {
        let (collection, shape) = (reader.collection, reader.inputShape.extents)
        let side = min(shape[0], shape[1])
        guard window.side <= side else {
            throw Fault(
                .usage, "--window \(window.side)",
                "is larger than the stamps of \(name), which are \(shape[0])×\(shape[1])",
                remedy: "give a side from 1 to \(side)")
        }
        guard let index else { return 0..<collection.count }
        guard (0..<collection.count).contains(index) else {
            throw Fault(
                .usage, "--index \(index)", "is not in \(name), which holds \(collection.count) stamps",
                remedy: "give a number from 0 to \(collection.count - 1), or leave it out for all stamps")
        }
        return index..<index + 1
    }
}

/// What making maps has in common for all stamps.
private struct OcclusionPass {
    let network: Network
    let reader: StampReader
    let window: OcclusionWindow
    /// The class that maps are of; nil for the predicted one of each stamp.
    let label: Int?
    let team: LaneTeam
    let group: any ProcessGroup
    let inference: Inference

    /// Positions of the window on a stamp.
    var positions: Int {
        let (rows, columns) = window.positions(height: height, width: width)
        return rows * columns
    }

    /// Of the stamps as the network sees them.
    var height: Int { reader.inputShape.extents[0] }
    var width: Int { reader.inputShape.extents[1] }

    /// A stamp as the network sees it; NaN for one that cannot be normalised.
    func normalized(_ stamp: Int) throws -> [Float] {
        try reader.values(of: stamp) ?? Array(repeating: .nan, count: reader.valueCount)
    }

    /// The maps of some stamps, one after another, and the class of each, on rank 0; nil elsewhere. Collective.
    func maps(_ stamps: Range<Int>) throws -> (values: [Float], labels: [Int])? {
        let (pixels, positions) = (reader.valueCount, positions)
        let normalized = FloatBuffer(count: stamps.count * pixels)
        // Few compared with the occluded ones, so every rank has all of them.
        try group.agree {
            try team.share(stamps.count, chunk: 16) { [reader] _, range in
                for place in range {
                    let target = normalized.view.slice(pixels, at: place * pixels)
                    // Normalising it again will then fail too.
                    if try !reader.read(stamps.lowerBound + place, into: target) { target[0] = .nan }
                }
            }
        }
        let labels = try labels(of: normalized, stamps)
        let logits = try inference.logits(of: stamps.count * positions) { [self] number, target in
            let place = number / positions
            let stamp = FloatView(normalized.view.slice(pixels, at: place * pixels))
            reader.copyFeatures(of: stamps.lowerBound + place, toSample: target.pointer(reader.sampleValues))
            return occlude(stamp, at: number % positions, into: target.slice(pixels))
        }
        guard let logits, let labels else { return nil }
        return (maps(of: logits, labels: labels, positions), labels)
    }

    /// The class that each map is of, on rank 0; nil elsewhere. Collective.
    private func labels(of normalized: FloatBuffer, _ stamps: Range<Int>) throws -> [Int]? {
        let count = stamps.count
        if let label { return Array(repeating: label, count: count) }
        let (values, outputs) = (reader.valueCount, network.outputs)
        let logits = try inference.logits(of: count) { [reader] number, target in
            target.pointer(values).update(
                from: normalized.view.slice(values, at: number * values).pointer(values), count: values)
            reader.copyFeatures(of: stamps.lowerBound + number, toSample: target.pointer(reader.sampleValues))
            return true
        }
        return logits.map { logits in
            (0..<count).map { ClassPredictions.largest(logits[$0 * outputs..<($0 + 1) * outputs]) }
        }
    }

    /// Covers a normalised stamp and normalises it again.
    /// - Returns: whether that can be done.
    private func occlude(_ stamp: FloatView, at position: Int, into target: MutableFloatView) -> Bool {
        // The window may hide what makes the stamp unusable.
        guard !stamp[0].isNaN else { return false }
        return reader.normalizeAgain(stamp, into: target) { pixels in
            window.cover(position, of: pixels, height: height, width: width)
        }
    }

    private func maps(of logits: [Float], labels: [Int], _ positions: Int) -> [Float] {
        let outputs = network.outputs
        let probabilities = network.probabilities(logits)
        return labels.enumerated().flatMap { stamp, label in
            let values = (stamp * positions..<(stamp + 1) * positions).map { position in
                // One output is the probability of class 1.
                outputs == 1
                    ? (label == 1 ? 1 - probabilities[position] : probabilities[position])
                    : 1 - probabilities[position * outputs + label]
            }
            return window.map(values, height: height, width: width)
        }
    }
}
