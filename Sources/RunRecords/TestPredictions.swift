import StampFormats

/// The test set, sample by sample: `test_predictions.csv`.
public enum TestPredictions {
    /// Replaces the file by one row per sample (index,true_class,probability), in the order of the index.
    ///
    /// Probabilities are the shortest text that reads back as the same single-precision number.
    /// - Throws: `Fault(.cannotWrite)`.
    public static func write(_ samples: [SamplePrediction], to path: String) throws {
        var text = "index,true_class,probability\n"
        for sample in samples.sorted(by: { $0.index < $1.index }) {
            text += "\(sample.index),\(sample.trueClass),\(sample.probability)\n"
        }
        try AtomicFile.write(text, to: path)
    }
}
