import Engine
import Layers
import Metrics
import Models
import RunRecords
import StampData
import Tensors

/// Which features a network, or an ensemble, needs: each is exchanged among the stamps, and what gets worse is measured.
///
/// What is exchanged with what is a function of the seed and the feature: the same bits for any number of ranks. Source:
/// L. Breiman, *Random forests*, Machine Learning 45 (2001); scikit-learn's `permutation_importance`.
package struct PermutationImportance {
    /// A network, and what reads stamps and features for it.
    package struct Model {
        let inference: Inference
        let reader: StampReader

        package init(inference: Inference, reader: StampReader) { (self.inference, self.reader) = (inference, reader) }

        /// Where in a sample's features one is; nil for one that the network does not take.
        func place(of feature: String) -> Int? { reader.features?.preparation.names.firstIndex(of: feature) }
    }

    /// So many stamps of a large set tell enough; a smaller set is exchanged several times, up to this number together.
    private static let mostStamps = 5_000
    private static let mostRepeats = 5

    private let models: [Model]
    /// Of all models, each once.
    private let features: [String]
    private let stamps: [Int]
    private let labels: [Int]
    private let random: CounterBasedRandom

    /// - Parameters:
    ///   - models: at least one, some with features. Of several, the mean probabilities count.
    ///   - stamps: the test set, all of which can be used.
    package init(_ models: [Model], _ stamps: [Int], seed: UInt64) {
        var known: Set<String> = []
        features = models.flatMap { $0.reader.features?.preparation.names ?? [] }.filter { known.insert($0).inserted }
        precondition(!features.isEmpty && !stamps.isEmpty, "nothing to exchange")
        let count = min(stamps.count, Self.mostStamps)
        self.models = models
        self.stamps = (0..<count).map { stamps[$0 * stamps.count / count] }
        labels = self.stamps.map { models[0].reader.collection.label($0) }
        random = CounterBasedRandom(seed: seed)
    }

    /// The importance of each feature in their order on rank 0, nil elsewhere. Collective.
    ///
    /// - Throws: `AgreedFault` when a stamp cannot be read.
    package func measure() throws -> [FeatureImportance]? {
        let repeats = max(1, min(Self.mostRepeats, Self.mostStamps / stamps.count))
        let whole = try quality(exchanging: nil)
        let all = try features.enumerated().map { number, name in
            let exchanged = try (0..<repeats).map { turn in
                var order = stamps
                var stream = random.stream(.importance, step: number, sample: turn)
                stream.shuffle(&order)
                return try quality(exchanging: (name, order))
            }
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

    /// The quality on rank 0, nil elsewhere. Collective.
    ///
    /// - Parameter exchange: a feature, and for each of the stamps that which it has the feature's value of.
    private func quality(exchanging exchange: (feature: String, order: [Int])?) throws -> Quality? {
        let logits = try models.compactMap { model in
            let (reader, place) = (model.reader, exchange.flatMap { model.place(of: $0.feature) })
            let values = place.map { place in
                exchange!.order.map { reader.features!.values[$0 * reader.featureCount + place] }
            }
            return try model.inference.logits(of: stamps.count) { [stamps] index, sample in
                guard try reader.readSample(stamps[index], into: sample) else { return false }
                if let place, let values { sample[reader.valueCount + place] = values[index] }
                return true
            }
        }
        return logits.isEmpty ? nil : quality(logits)
    }

    private func quality(_ logits: [[Float]]) -> Quality {
        let inference = models[0].inference
        guard logits.count > 1 else {
            let means = inference.means(of: labels, logits: logits[0])
            let probabilities = inference.network.probabilities(logits[0])
            return Quality(
                loss: means.loss, accuracy: means.accuracy,
                rocArea: inference.network.testSet(labels: labels, probabilities: probabilities).rocArea)
        }
        let probabilities = Prediction.meanProbabilities(logits, by: models.map(\.inference.network))
        let set = inference.network.testSet(labels: labels, probabilities: probabilities)
        let names = (0..<inference.network.classCount).map(String.init)
        let metrics = LabelledPredictions(of: [set], threshold: 0.5).metrics(classNames: names)
        return Quality(loss: metrics.loss, accuracy: metrics.accuracy, rocArea: set.rocArea)
    }
}
