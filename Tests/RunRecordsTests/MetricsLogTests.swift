import RunRecords
import TestSupport
import Testing

@Suite struct MetricsLogTests {
    private func row(_ step: Int) -> StepRow {
        StepRow(
            epoch: 1, step: step, loss: 0.5, accuracy: 0.5, learningRate: 0.1, samplesPerSecond: 1, epochSamples: step,
            epochLossSum: 1, epochCorrect: 1)
    }

    /// Sums are continued from the last row that is kept.
    @Test(arguments: ["-9223372036854775808", "9223372036854775807", "-1", "1e300", "\"2\"", "null"])
    func rowsWithNumbersThatNoRunHasAreDropped(_ samples: String) throws {
        try withTemporaryFolder { base in
            let path = "\(base)/metrics.jsonl"
            let log = try MetricsLog(path, keepingSteps: 0, epochs: 0)
            for step in 1...2 { try log.append(row(step)) }
            try log.write()
            let edited = try text(path).replacing("\"epoch_samples\":2", with: "\"epoch_samples\":\(samples)")
            try write(Array(edited.utf8), to: path)
            #expect(try MetricsLog(path, keepingSteps: 2, epochs: 0).lastKeptStep == row(1))
            #expect(try text(path).split(separator: "\n").count == 1)
        }
    }
}
