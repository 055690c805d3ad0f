import Engine
import Layers
import Metrics
import Models
import RunRecords
import StampData
import Tensors

/// Which features a network needs: each is exchanged among the stamps, and what gets worse is measured.
///
/// What is exchanged with what is a function of the seed and the feature: the same bits for any number of ranks. Source:
/// L. Breiman, *Random forests*, Machine Learning 45 (2001); scikit-learn's `permutation_importance`.
package struct PermutationImportance {
    /// So many stamps of a large set tell enough; a smaller set is exchanged several times, up to this number together.
    private static let mostStamps = 5_000
    private static let mostRepeats = 5

    private let inference: Inference
    private let reader: StampReader
    private let stamps: [Int]
    private let random: CounterBasedRandom

    /// - Parameters:
    ///   - reader: with features.
    ///   - stamps: the test set, all of which can be used.
    package init(_ inference: Inference, _ reader: StampReader, _ stamps: [Int], seed: UInt64) {
        precondition(reader.featureCount > 0 && !stamps.isEmpty, "nothing to exchange")
        let count = min(stamps.count, Self.mostStamps)
        (self.inference, self.reader) = (inference, reader)
        self.stamps = (0..<count).map { stamps[$0 * stamps.count / count] }
        random = CounterBasedRandom(seed: seed)
    }

    /// The importance of each feature in their order on rank 0, nil elsewhere. Collective.
    ///
    /// - Throws: `AgreedFault` when a stamp cannot be read.
    package func measure() throws -> [FeatureImportance]? {
        let features = reader.features!
        let repeats = max(1, min(Self.mostRepeats, Self.mostStamps / stamps.count))
        let whole = try quality { _, _ in }
        let all = try features.preparation.names.enumerated().map { column, name in
            let exchanged = try (0..<repeats).map { try quality(exchanging: column, features, number: $0) }
            guard let whole else { return nil as FeatureImportance? }
            return Self.importance(of: name, whole, exchanged.compactMap(\.self))
        }
        return whole == nil ? nil : all.compactMap(\.self)
    }

    /// How well stamps are predicted.
    private struct Quality {
        let loss: Double
        let accuracy: Double
        let rocArea: Double?
    }

    private static func importance(of name: String, _ whole: Quality, _ exchanged: [Quality]) -> FeatureImportance {
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        let areas = exchanged.compactMap(\.rocArea)
        return FeatureImportance(
            feature: name, lossIncrease: mean(exchanged.map(\.loss)) - whole.loss,
            accuracyDrop: whole.accuracy - mean(exchanged.map(\.accuracy)),
            rocAreaDrop: whole.rocArea.flatMap { areas.count == exchanged.count ? $0 - mean(areas) : nil })
    }

    private func quality(exchanging column: Int, _ features: StampFeatures, number: Int) throws -> Quality? {
        var order = stamps
        var stream = random.stream(.importance, step: column, sample: number)
        stream.shuffle(&order)
        let values = order.map { features.values[$0 * features.count + column] }
        let place = reader.valueCount + column
        return try quality { index, sample in sample[place] = values[index] }
    }

    /// The quality on rank 0, nil elsewhere. Collective.
    ///
    /// - Parameter change: changes a sample, by its number in `stamps`.
    private func quality(
        _ change: @escaping @Sendable (_ index: Int, _ sample: MutableFloatView) -> Void
    ) throws -> Quality? {
        let logits = try inference.logits(of: stamps.count) { [reader, stamps] index, sample in
            guard try reader.readSample(stamps[index], into: sample) else { return false }
            change(index, sample)
            return true
        }
        return logits.map(quality)
    }

    private func quality(_ logits: [Float]) -> Quality {
        let (network, labels) = (inference.network, stamps.map { reader.collection.label($0) })
        let means = inference.means(of: labels, logits: logits)
        return Quality(
            loss: means.loss, accuracy: means.accuracy,
            rocArea: network.testSet(labels: labels, probabilities: network.probabilities(logits)).rocArea)
    }
}
