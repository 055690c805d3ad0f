import Files
import Metrics
import StampData

/// A model's predictions, one line for each stamp: `file,index,probability,class`.
///
/// A file's name that a spreadsheet would take for a formula begins with `./`. `index` counts from 0 within the file,
/// `probability` is that of a source, in the shortest text that reads back as the same single-precision number, and
/// `class` is 1 for a source. A stamp that cannot be normalised has the probability `nan` and no class.
public enum PredictionTable {
    private static let header = "file,index,probability,class\n"
    /// What it is, to recognise an earlier one.
    static let kind = OutputFile.Kind("a table of predictions", beginsWith: header)

    /// Writes the table, atomically.
    ///
    /// - Parameter probabilities: of a source, one for each stamp.
    /// - Throws: `Fault(.cannotWrite)`.
    static func write(
        _ probabilities: [Float], of stamps: StampCollection, threshold: Float, to output: OutputFile
    ) throws {
        var text = header
        for (stamp, probability) in probabilities.enumerated() {
            let place = stamps.location(stamp)
            let predicted = probability.isNaN ? "" : "\(ThresholdRule.predictedClass(probability, above: threshold))"
            text += CSVText.line([
                CSVText.fileName(place.path), "\(place.index)", "\(probability)", predicted,
            ])
        }
        try output.write(text)
    }
}
