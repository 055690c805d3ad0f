import Faults
import Optimizers
import Testing

@testable import Tuning

@Suite struct HalvingTests {
    private func rungs(_ trials: Int, _ epochs: Int, _ reduction: Int, _ least: Int = 1) -> [[Int]] {
        HalvingPlan(trials: trials, epochs: epochs, reduction: reduction, leastEpochs: least).rungs
            .map { [$0.trials, $0.epochs] }
    }

    /// Table 1 of Li et al. for η = 4, n = 256 and R = 256 with r = 1, and smaller ones by hand.
    @Test func rungsFollowFromTheirFormula() {
        #expect(rungs(256, 256, 4) == [[256, 1], [64, 4], [16, 16], [4, 64], [1, 256]])
        #expect(rungs(16, 27, 3) == [[16, 3], [5, 9], [1, 27]])
        #expect(rungs(16, 27, 3, 9) == [[16, 9], [5, 27]])
        #expect(rungs(16, 10, 2) == [[16, 2], [8, 3], [4, 5], [2, 10]])
        #expect(rungs(16, 10, 2, 20) == [[16, 10]])
        #expect(rungs(1, 10, 3) == [[1, 10]] && rungs(9, 1, 3) == [[9, 1]] && rungs(2, 9, 3) == [[2, 9]])
    }

    private func result(_ trial: Int, _ value: Double?) -> TrialResult {
        TrialResult(
            trial: trial, outcome: value.map { .measured(epochs: 1, value: $0) } ?? .failed("its loss became infinite"))
    }

    @Test func whatHasFailedLosesAndEqualOnesGoByNumber() {
        let results = [
            result(5, 0.5), result(1, .nan), result(2, nil), result(4, 0.25), result(3, 0.5), result(6, -.infinity),
        ]
        #expect(TrialResult.ranked(results, growsBetter: false).map(\.trial) == [4, 3, 5, 1, 2, 6])
        #expect(TrialResult.ranked(results, growsBetter: true).map(\.trial) == [3, 5, 4, 1, 2, 6])
        #expect(TrialResult.promoted(results, growsBetter: false, count: 2) == [3, 4])
        #expect(TrialResult.promoted(results, growsBetter: false, count: 9) == [3, 4, 5])
        #expect(TrialResult.promoted(results.shuffled(), growsBetter: true, count: 2) == [3, 5])
    }

    private var record: SearchRecord {
        SearchRecord(
            space: SearchSpace([.init(option: "seed", values: .choices([.text("a,b")]))]),
            plan: HalvingPlan(trials: 4, epochs: 2, reduction: 2, leastEpochs: 1), metric: .validationLoss, seed: 1,
            settings: ["--epochs", "2", "--model", "vgg6"])
    }

    @Test func theTableBeginsWithTheBestOfTheLastRung() {
        let table = SearchTable(
            record,
            [
                [result(1, 0.1), result(2, nil), result(3, 0.3), result(4, 0.2)],
                [
                    TrialResult(trial: 1, outcome: .failed("its loss became infinite")),
                    TrialResult(trial: 4, outcome: .measured(epochs: 2, value: 0.15)),
                ],
            ])
        #expect(table.rows.map(\.trial) == [4, 3, 1, 2])
        #expect(table.best?.trial == 4)
        #expect(
            table.csv == """
                trial,epochs,val_loss,outcome,seed
                4,2,0.15,best,"a,b"
                3,1,0.3,left behind,"a,b"
                1,,,failed,"a,b"
                2,,,failed,"a,b"

                """)
        #expect(BestTrial(table)?.options == ["seed": "a,b"])
    }

    @Test func anotherSearchIsRefusedByWhatDiffers() throws {
        try record.refuse(record, at: "search.json")
        var other = record
        other.metric = .accuracy
        #expect(throws: Fault.self) { try record.refuse(other, at: "search.json") }
        other = record
        other.settings[3] = "simple"
        #expect {
            try record.refuse(other, at: "search.json")
        } throws: {
            ($0 as? Fault)?.problem == "search.json was begun with another --model"
        }
    }
}
