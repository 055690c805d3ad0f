import RunRecords
import Synchronization
import TestSupport
import Testing

@Suite struct ProgressLineTests {
    /// What was written, piece by piece.
    private final class Screen: Sendable {
        let pieces = Mutex<[String]>([])

        func take() -> [String] {
            pieces.withLock { pieces in
                defer { pieces = [] }
                return pieces
            }
        }

        /// How wide it is.
        let columns = Mutex(100)

        func progress(
            _ style: ProgressLine.Style = .terminal(reflows: true), steps: Int = 75, timestamp: String? = nil
        ) -> ProgressLine {
            let told: @Sendable () -> String = { timestamp ?? "" }
            return ProgressLine(
                style: style, columns: { self.columns.withLock { $0 } }, epochs: 15, stepsPerEpoch: steps,
                timestamp: timestamp == nil ? nil : told,
                write: { text in self.pieces.withLock { $0.append(text) } })
        }
    }

    private let second: UInt64 = 1_000_000_000

    private func row(validated: Bool = true) -> HistoryRow {
        HistoryRow(
            epoch: 1, loss: 0.689, accuracy: 0.5519, validationLoss: validated ? 0.0004 : nil,
            validationAccuracy: validated ? 1 : nil, learningRate: 0.01, seconds: 3.75, samplesPerSecond: 14034.4)
    }

    @Test func aTerminalShowsAMovingBarAndTheTimeThatIsLeft() {
        let screen = Screen()
        var progress = screen.progress()
        progress.beginEpoch(1, at: 5 * second)
        #expect(screen.take() == ["Epoch 1/15\n"])
        progress.update(step: 30, loss: 0.689, accuracy: 0.5519, at: 5 * second + second * 3 / 2)
        #expect(
            screen.take() == [
                "\r30/75 ━━━━━━━━──────────── 2s (54s in all) 50ms/step - accuracy: 0.5519 - loss: 0.6890\u{1B}[K"
            ])
        progress.endEpoch(row())
        #expect(
            screen.take() == [
                "\r75/75 ━━━━━━━━━━━━━━━━━━━━ 4s 50ms/step - accuracy: 0.5519 - loss: 0.6890"
                    + " - val_accuracy: 1.0000 - val_loss: 4.0000e-04\u{1B}[K\n"
            ])
    }

    @Test func whatTheRunWatchesIsShown() {
        let screen = Screen()
        var watched = row()
        watched.validationROCArea = 0.98765
        var progress = screen.progress()
        progress.endEpoch(watched)
        #expect(screen.take().last?.contains(" - val_loss: 4.0000e-04 - val_roc_auc: 0.9877\u{1B}") == true)
        progress = screen.progress(.plain)
        progress.endEpoch(watched)
        #expect(screen.take().last?.contains(" - val_accuracy: 1.0000 - val_roc_auc: 0.9877 - 14034 ") == true)
    }

    @Test func theLineIsRedrawnAtMostTenTimesASecond() {
        let screen = Screen()
        var progress = screen.progress(steps: 1000)
        progress.beginEpoch(1, at: 0)
        _ = screen.take()
        // A step every 7 ms for 7 s.
        for step in 1...1000 {
            progress.update(step: step, loss: 1, accuracy: 0, at: UInt64(step) * 7_000_000)
        }
        // At most one drawing every 100 ms, so every 105 ms, the first at once.
        #expect(screen.take().count == (1000 + 14) / 15)
    }

    @Test func timesAreWrittenAsKerasWritesThem() {
        let screen = Screen()
        var progress = screen.progress(steps: 1000)
        let expected: [(nanosecondsPerStep: UInt64, text: String)] = [
            (20_000, " 0s (0s in all) 20us/step"), (12_000_000, " 11s (2:59 in all) 12ms/step"),
            (100_000_000, " 1:39 (24:59 in all) 100ms/step"), (4_000_000_000, " 1:06:00 (16:39:20 in all) 4s/step"),
        ]
        for (nanoseconds, text) in expected {
            progress.beginEpoch(1, at: 0)
            progress.update(step: 10, loss: 1, accuracy: 0, at: 10 * nanoseconds)
            #expect(screen.take().last?.contains(text + " - ") == true)
        }
    }

    @Test func aResumedEpochCountsOnlyItsOwnSteps() {
        let screen = Screen()
        var progress = screen.progress()
        progress.beginEpoch(3, firstStep: 70, at: 0)
        progress.update(step: 71, loss: 1, accuracy: 0, at: second)
        #expect(screen.take().last?.contains(" 4s (15:04 in all) 1s/step") == true)
    }

    /// 14 epochs of 75 steps are still to come: as the first steps let expect, then as an epoch has taken.
    @Test func theTimeLeftInAllCountsWholeEpochsOnceOneIsMeasured() {
        let screen = Screen()
        var progress = screen.progress()
        progress.beginEpoch(1, at: 0)
        progress.update(step: 25, loss: 1, accuracy: 0, at: second)
        #expect(screen.take().last?.contains(" 2s (44s in all) ") == true)
        var first = row()
        first.seconds = 10
        progress.endEpoch(first)
        progress.beginEpoch(2, at: 10 * second)
        progress.update(step: 25, loss: 1, accuracy: 0, at: 11 * second)
        #expect(screen.take().last?.contains(" 2s (2:12 in all) ") == true)
        progress.beginEpoch(15, at: 150 * second)
        progress.update(step: 25, loss: 1, accuracy: 0, at: 151 * second)
        #expect(screen.take().last?.contains(" 2s 40ms/step ") == true)
    }

    @Test func aNarrowTerminalIsNeverOverflowedWhileRedrawing() throws {
        let screen = Screen()
        screen.columns.withLock { $0 = 40 }
        var progress = screen.progress()
        progress.beginEpoch(1, at: 0)
        progress.update(step: 1, loss: 1, accuracy: 0, at: second)
        let drawn = try #require(screen.take().last)
        #expect(drawn.count == 1 + 39 + "\u{1B}[K".count)
    }

    /// A line of 86 columns that the terminal wraps at 40 takes three rows, of which the cursor is in the last.
    @Test(arguments: [(true, "\u{1B}[2A\r\u{1B}[J"), (false, "\r")])
    func aTerminalThatBecomesNarrowerShowsOneLine(reflows: Bool, goingBack: String) throws {
        let screen = Screen()
        var progress = screen.progress(.terminal(reflows: reflows))
        progress.beginEpoch(1, at: 0)
        progress.update(step: 30, loss: 0.689, accuracy: 0.5519, at: second * 3 / 2)
        #expect(try #require(screen.take().last).count == 1 + 86 + "\u{1B}[K".count)
        screen.columns.withLock { $0 = 40 }
        progress.update(step: 31, loss: 0.689, accuracy: 0.5519, at: 2 * second)
        let drawn = try #require(screen.take().last)
        #expect(drawn.hasPrefix(goingBack + "31/75 "))
        #expect(drawn.count == goingBack.count + 39 + "\u{1B}[K".count)
    }

    @Test func otherTextStartsOnALineOfItsOwn() {
        let screen = Screen()
        var progress = screen.progress()
        progress.leaveLine()
        progress.beginEpoch(1, at: 0)
        progress.update(step: 1, loss: 1, accuracy: 0, at: second)
        _ = screen.take()
        progress.leaveLine()
        progress.leaveLine()
        #expect(screen.take() == ["\n"])
    }

    @Test func elsewhereOneLineAnEpochIsWritten() {
        let screen = Screen()
        var progress = screen.progress(.plain)
        progress.beginEpoch(1, at: 0)
        progress.update(step: 30, loss: 1, accuracy: 0, at: 100 * second)
        progress.endEpoch(row())
        progress.endEpoch(row(validated: false))
        #expect(
            screen.take() == [
                "Epoch 1/15 - 4s - loss: 0.6890 - accuracy: 0.5519 - val_loss: 4.0000e-04 - val_accuracy: 1.0000"
                    + " - 14034 stamps/s\n",
                "Epoch 1/15 - 4s - loss: 0.6890 - accuracy: 0.5519 - 14034 stamps/s\n",
            ])
    }

    @Test func elsewhereALineAMinuteTellsWhereTheRunIs() {
        let screen = Screen()
        var progress = screen.progress(.plain, steps: 1000, timestamp: "NOW")
        progress.begin("training vgg6", at: 0)
        progress.beginEpoch(1, at: 0)
        // A step a second.
        for step in 1...150 { progress.update(step: step, loss: 1, accuracy: 0.5, at: UInt64(step) * second) }
        #expect(
            screen.take() == [
                "NOW training vgg6\n",
                "NOW step 60/1000 of epoch 1/15 - loss: 1.0000 - accuracy: 0.5000 - 4:09:00 left in all\n",
                "NOW step 120/1000 of epoch 1/15 - loss: 1.0000 - accuracy: 0.5000 - 4:08:00 left in all\n",
            ])
    }

    @Test func shortRunsElsewhereSayNoMoreThanAStartAndTheirEpochs() {
        let screen = Screen()
        var progress = screen.progress(.plain)
        progress.begin("training vgg6", at: 0)
        for epoch in 1...15 {
            progress.beginEpoch(epoch, at: UInt64(epoch - 1) * second)
            for step in 1...75 {
                progress.update(
                    step: step, loss: 1, accuracy: 0, at: UInt64(epoch - 1) * second + UInt64(step) * 13_000_000)
            }
            progress.endEpoch(row())
        }
        #expect(screen.take().count == 16)
    }

    @Test func aDumbTerminalIsPlain() {
        #expect(ProgressLine.Style.ofStandardOutput(environment: ["TERM": "dumb"]) == .plain)
    }
}
