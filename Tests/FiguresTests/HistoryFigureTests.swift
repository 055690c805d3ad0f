import Figures
import RunRecords
import Testing

@Suite struct HistoryFigureTests {
    private func row(_ epoch: Int, loss: Double, validation: Double?) -> HistoryRow {
        HistoryRow(
            epoch: epoch, loss: loss, accuracy: 0.5, validationLoss: validation, validationAccuracy: validation,
            learningRate: 0.01, seconds: 1, samplesPerSecond: 1)
    }

    @Test func theTableHoldsEveryEpoch() throws {
        let plot = try #require(
            HistoryFigure([row(1, loss: 0.75, validation: 0.5), row(2, loss: 0.25, validation: nil)]).plot)
        #expect(
            plot.table.csv
                == "epoch,loss,accuracy,val_loss,val_accuracy\n1,0.75,0.5,0.5,0.5\n2,0.25,0.5,nan,nan\n")
    }

    @Test func aRunThatNeverHadALossHasNoFigure() {
        #expect(HistoryFigure([]).plot == nil)
        #expect(HistoryFigure([row(1, loss: .nan, validation: nil)]).plot == nil)
    }
}
