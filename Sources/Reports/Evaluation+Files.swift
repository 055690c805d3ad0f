import Metrics
import StampData
import StampFormats

extension Evaluation {
    /// Evaluates predictions of stamps that are in files, and applies the matched filter to the same stamps if that is
    /// wanted.
    ///
    /// - Parameter signalToNoise: of every stamp, as ``RunStamps/signalToNoiseThatFits(of:in:)`` finds it.
    /// - Throws: `Fault` when a column does not fit.
    public init(
        _ predictions: [SamplePrediction], of stamps: StampCollection, signalToNoise: [Double]?, threshold: Float,
        columns: [ByColumn] = [], withMatchedFilter: Bool, replicates: Int
    ) throws {
        let samples = predictions.map(ScoredSample.init)
        self.init(
            predictions, classNames: stamps.classes.names, threshold: threshold,
            signalToNoise: signalToNoise,
            columns: try columns.map { try $0.numbers(of: stamps) },
            matchedFilter: withMatchedFilter
                ? try TestStamps(reader: StampReader(stamps, .none)).filtered(samples, most: samples.count) : nil,
            replicates: replicates)
    }
}
