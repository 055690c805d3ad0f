import Metrics
import StampData
import StampFormats

extension Evaluation {
    /// Evaluates predictions of stamps that are in files: looks for `snr_sources.npy` beside the sources, and applies the
    /// matched filter to the same stamps if that is wanted.
    ///
    /// - Throws: `Fault` when a `snr_sources.npy` is there and does not fit, or a column does not.
    public init(
        _ predictions: [SamplePrediction], of stamps: StampCollection, in files: LabelledFiles, threshold: Float,
        columns: [ByColumn] = [], withMatchedFilter: Bool, replicates: Int
    ) throws {
        let samples = predictions.map(ScoredSample.init)
        self.init(
            predictions, classNames: stamps.classes.names, threshold: threshold,
            signalToNoise: try RunStamps.signalToNoise(of: stamps, in: files),
            columns: try columns.map { try $0.numbers(of: stamps) },
            matchedFilter: withMatchedFilter
                ? try TestStamps(reader: StampReader(stamps, .none)).filtered(samples, most: samples.count) : nil,
            replicates: replicates)
    }
}
