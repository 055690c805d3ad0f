import FoundationEssentials
import RunRecords
import Testing

/// `Tests/ReferenceValues/make_callback_reference.py` runs Keras' callbacks on the same numbers.
@Suite struct EpochMonitorTests {
    private struct Reference: Decodable {
        struct Stopping: Decodable {
            let metric: MonitoredMetric
            let values: [Double]
            let patience: Int
            let min_delta: Double
            let epochs: Int
            let is_over: Bool
            let best_epoch: Int
        }
        struct Plateau: Decodable {
            let values: [Double]
            let patience: Int
            let factor: Float
            let rates: [Float]
        }
        let early_stopping: [Stopping]
        let plateau: [Plateau]
    }

    private let reference: Reference

    init() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appending(path: "ReferenceValues/callbacks/callbacks.json")
        reference = try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file))
    }

    /// Epochs with this metric; all others have numbers that would decide otherwise.
    private func rows(_ values: [Double], _ metric: MonitoredMetric) -> [HistoryRow] {
        values.enumerated().map { index, value in
            func number(_ other: MonitoredMetric) -> Double { other == metric ? value : Double(index % 2) }
            return HistoryRow(
                epoch: index + 1, loss: number(.loss), accuracy: number(.accuracy),
                validationLoss: number(.validationLoss), validationAccuracy: number(.validationAccuracy),
                learningRate: 1, seconds: 1, samplesPerSecond: 1)
        }
    }

    @Test func runsStopWhereKerasStopsThem() {
        for reference in reference.early_stopping {
            let stopping = EarlyStopping(
                metric: reference.metric, patience: reference.patience, minimumDelta: reference.min_delta)
            let rows = rows(reference.values, reference.metric)
            for epochs in 1..<reference.epochs {
                #expect(!stopping.stand(after: Array(rows.prefix(epochs))).isOver)
            }
            let stand = stopping.stand(after: Array(rows.prefix(reference.epochs)))
            #expect(stand.isOver == reference.is_over)
            #expect(stand.bestEpoch == reference.best_epoch)
        }
        #expect(reference.early_stopping.contains { $0.is_over } && reference.early_stopping.contains { !$0.is_over })
    }

    @Test func learningRatesFallWhereKerasLowersThem() {
        for reference in reference.plateau {
            let reduction = PlateauReduction(
                metric: .validationLoss, factor: reference.factor, patience: reference.patience)
            let rows = rows(reference.values, .validationLoss)
            for (index, rate) in reference.rates.enumerated() {
                let factor = reduction.factor(after: Array(rows.prefix(index + 1)))
                // Keras multiplies in double precision and rounds at each reduction, of which there are up to 13.
                #expect(abs(factor - rate) <= 2e-6 * rate)
            }
        }
    }

    @Test func numbersThatAreNoneAreNoImprovement() {
        let stopping = EarlyStopping(metric: .loss, patience: 2)
        let stand = stopping.stand(after: rows([.nan, .nan], .loss))
        #expect(stand.bestEpoch == nil && stand.isOver)
        #expect(stopping.stand(after: []).isOver == false)
    }
}
