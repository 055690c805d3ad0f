import Optimizers
import RunRecords
import Testing

@Suite struct BestEpochTests {
    private func rows(_ losses: [Double], validation: [Double?], accuracy: [Double] = []) -> [HistoryRow] {
        losses.indices.map { place in
            HistoryRow(
                epoch: place + 1, loss: losses[place], accuracy: accuracy.isEmpty ? 0.5 : accuracy[place],
                validationLoss: validation[place], validationAccuracy: validation[place].map { 1 - $0 },
                learningRate: 0.01, seconds: 1, samplesPerSecond: 1)
        }
    }

    @Test func withoutARuleTheLowestValidationLossIsTheBest() throws {
        let best = try #require(
            BestEpoch(rows([0.5, 0.4, 0.3], validation: [0.5, 0.25, 0.75]), stopping: Stopping()))
        #expect(best.row.epoch == 2 && best.metric == "val_loss" && best.value == 0.25 && !best.isKept)
        #expect(best.sentence == "Epoch 2 of 3 is the best, with val_loss 0.2500; the run went on to the last.")
    }

    @Test func withoutValidationTheLossCounts() throws {
        let best = try #require(BestEpoch(rows([0.5, 0.4], validation: [nil, nil]), stopping: Stopping()))
        #expect(best.row.epoch == 2 && best.metric == "loss")
        #expect(best.sentence.hasSuffix(": more epochs may be better still."))
        let only = try #require(BestEpoch(rows([0.5], validation: [nil]), stopping: Stopping()))
        #expect(only.sentence == "")
    }

    @Test func earlyStoppingDecidesByItsOwnMetricAndKeepsTheWeights() throws {
        var stopping = Stopping()
        stopping.early = Stopping.Early(metric: .accuracy, minimumDelta: 0.1)
        let history = rows([0.5, 0.4, 0.3], validation: [0.5, 0.4, 0.3], accuracy: [0.5, 0.75, 0.8])
        let best = try #require(BestEpoch(history, stopping: stopping))
        // The third epoch is no improvement of more than 0.1.
        #expect(best.row.epoch == 2 && best.metric == "accuracy" && best.isKept)
        #expect(best.sentence.hasSuffix("early stopping keeps its weights."))
    }

    @Test func lossesThatAreNoNumbersHaveNoBest() {
        #expect(BestEpoch([], stopping: Stopping()) == nil)
        #expect(BestEpoch(rows([.nan, .nan], validation: [nil, nil]), stopping: Stopping()) == nil)
    }
}
