import Metrics
import StampData
import StampFormats

extension Evaluation {
    /// Evaluates predictions of stamps in files: looks for `snr_sources.npy` beside the sources, and applies the
    /// matched filter to the same stamps if that is wanted.
    ///
    /// - Throws: `Fault` when a `snr_sources.npy` is there and does not fit, or a column does not.
    public init(
        _ predictions: [SamplePrediction], noise: [String], sources: [String], layout: StampLayout? = nil,
        threshold: Float,
        columns: [SourceColumn] = [], withMatchedFilter: Bool, replicates: Int
    ) throws {
        let stamps = try StampCollection(noise: noise, sources: sources, layout: layout)
        for column in columns { try column.check(sources: stamps.sourceCount) }
        let samples = predictions.map(ScoredSample.init)
        self.init(
            predictions, threshold: threshold,
            signalToNoise: try RunStamps.signalToNoise(of: StampSource(sources, layout: layout)),
            columns: columns, noiseStamps: stamps.noiseCount,
            matchedFilter: withMatchedFilter
                ? try TestStamps(reader: StampReader(stamps, .none)).filtered(samples, most: samples.count) : nil,
            replicates: replicates)
    }
}
