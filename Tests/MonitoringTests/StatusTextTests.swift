import RunRecords
import Testing

@testable import Monitoring

private func row(_ epoch: Int, _ loss: Double, seconds: Double = 10) -> HistoryRow {
    HistoryRow(
        epoch: epoch, loss: loss, accuracy: 0.5, validationLoss: 2 * loss, validationAccuracy: 0.25,
        learningRate: 0.1, seconds: seconds, samplesPerSecond: 1000)
}

private func step(_ epoch: Int, _ step: Int) -> StepRow {
    StepRow(
        epoch: epoch, step: step, loss: 0.125, accuracy: 0.5, learningRate: 0.1, samplesPerSecond: 500,
        epochSamples: 1, epochLossSum: 1, epochCorrect: 1)
}

private func status(
    _ folder: String, _ state: RunState, _ history: [HistoryRow], _ step: StepRow? = nil
) -> RunStatus {
    RunStatus(
        folder: folder, state: state, owner: RunLock.owner(ofFolder: "nowhere"), history: history, step: step,
        plan: RunStatus.Plan(
            model: "vgg6", epochs: 4, stepsPerEpoch: 20, trainingStamps: 5000, ranks: 2, threads: 1),
        checkpoint: RunStatus.Saved(step: 40, age: 65), silence: 3)
}

@Suite struct StatusTextTests {
    @Test func aRunIsToldInSeveralLines() {
        let run = status("runs/a", .running, [row(1, 0.5), row(2, 0.25)], step(3, 45))
        let text = StatusText([run], columns: nil).text
        #expect(
            text == """
                runs/a  vgg6
                  state         running; last record 3s ago
                  epoch         2 of 4 done, step 5 of 20 of the next; about 17s left
                  loss          █▃▁  0.5000 → 0.1250
                  val_loss      █▁  1.0000 → 0.5000
                  accuracy      ▁▁  0.5000 → 0.5000
                  val_accuracy  ▁▁  0.2500 → 0.2500
                  speed         500 stamps/s on 2 ranks × 1 thread
                  checkpoint    step 40, 1:05 ago

                """)
    }

    /// Without a whole epoch the speed of the steps tells: 5000 stamps at 500 a second, four epochs but half of one.
    @Test func theTimeLeftFollowsFromEpochsOrSteps() {
        #expect(status("a", .running, [], step(1, 10)).secondsLeft == 35)
        #expect(status("a", .running, (1...3).map { row($0, 1, seconds: 10 * Double($0)) }).secondsLeft == 20)
        #expect(status("a", .running, []).secondsLeft == nil)
        #expect(status("a", .stopped("SIGTERM"), [row(1, 1)]).secondsLeft == nil)
        #expect(status("a", .running, [row(1, 1, seconds: .nan)]).secondsLeft == nil)
    }

    @Test func severalRunsAreATableThatFitsItsTerminal() {
        let runs = [
            status("runs/member-1", .finished, (1...4).map { row($0, 1 / Double($0)) }),
            status("runs/member-10", .running, [row(1, 0.5)], step(2, 30)),
        ]
        let wide = StatusText(runs, columns: nil).text.split(separator: "\n")
        #expect(wide[0] == "runs" && wide.count == 4)
        for word in ["left", "val_loss", "stamps/s", "checkpoint", "host"] { #expect(wide[1].contains(word)) }
        #expect(wide[2].hasPrefix("member-1 ") && wide[2].contains("finished") && wide[2].contains("4/4"))
        #expect(wide[3].hasPrefix("member-10") && wide[3].contains("1.5/4") && wide[3].contains("25s"))
        for columns in [20, 28, 40, 60, 80, 100] {
            let lines = StatusText(runs, columns: columns).text.split(separator: "\n")
            #expect(lines.allSatisfy { $0.count <= columns }, "\(columns)")
            #expect(lines[3].hasPrefix("member-10  running"))
        }
    }

    @Test func aLineSaysTheSame() {
        let run = status("runs/a", .running, [row(1, 0.5)])
        #expect(
            StatusText.line(run) == "runs/a - running - epoch 1/4 - loss 0.5000 - val_loss 1.0000 - 30s left\n")
    }

    @Test func sparklinesGoFromTheLeastToTheLargest() {
        #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7], columns: 8) == "▁▂▃▄▅▆▇█")
        #expect(Sparkline.text([3, 3], columns: 8) == "▁▁")
        #expect(Sparkline.text([0, .nan, 8], columns: 8) == "▁ █")
        #expect(Sparkline.text([.nan, .infinity], columns: 8) == "  ")
        #expect(Sparkline.text([1, 1, 3, 3, 9, 9], columns: 3) == "▁▃█")
        #expect(Sparkline.text([], columns: 8) == "" && Sparkline.text([1], columns: 0) == "")
    }

    @Test func numbersAreSortedAsNumbers() {
        let names = ["member-10", "member-9", "fold-1", "a", "member-1", "b2c"]
        #expect(
            names.sorted { NaturalOrder.areInOrder($0, $1) }
                == ["a", "b2c", "fold-1", "member-1", "member-9", "member-10"])
    }
}
