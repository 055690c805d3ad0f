import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    /// `snr_sources.npy` that does not go with the sources beside it: said once, and left out, by every command.
    @Suite struct SignalToNoiseTests {
        private let workspace: TemporaryFolder

        init() throws { workspace = try TemporaryFolder() }

        @Test func aMismatchIsTreatedAlikeEverywhere() throws {
            let (data, run) = (workspace.path("data"), workspace.path("run"))
            try trained("simulate --output \(data) --sources 100 --noise 100")
            try NpyFile.write(floats: [5, 6, 7], shape: [3], to: "\(data)/snr_sources.npy")
            let warning =
                "warning: \(data)/snr_sources.npy: holds 3 values for the 100 stamps of \(data)/stamps_sources.npy; "
                + "give one signal-to-noise ratio for each stamp to have completeness by it, which is left out"
            let training = try trained("train --data \(data) --model simple --batch-size 20 --epochs 1 --output \(run)")
            #expect(training.errorLines == [Substring(warning)])
            let folds = try trained(
                "train --data \(data) --model simple --batch-size 20 --epochs 1 --members 2 --output \(run)-2")
            #expect(folds.errorLines == [Substring(warning)])
            let evaluation = try trained("evaluate --model \(run) --data \(data)")
            #expect(evaluation.errorLines(saying: warning) == 1)
            #expect(!evaluation.standardOutput.contains("S/N"))
            try trained("report --run \(run)")
            #expect(try text("\(run)/report.html").contains("holds 3 values for the 100 stamps"))
            let prediction = try trained(
                "predict --model \(run) --input \(data)/stamps_sources.npy --csv \(workspace.path("p.csv"))")
            #expect(prediction.standardError == "")
        }
    }
}
