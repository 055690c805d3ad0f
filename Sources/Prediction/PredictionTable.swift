import Files
import Metrics
import StampData

/// A model's predictions, one line for each stamp: `file,index,probability,class`, or for more than two classes
/// `file,index,probability_NAME,…,class`; with identifiers `file,index,id,probability,class`. Where stamps are looked at
/// several times, `std` stands behind `probability`, or `std_NAME,…` behind all probabilities.
///
/// A file's name that a spreadsheet would take for a formula begins with `./`. `index` counts from 0 within the file,
/// probabilities are in the shortest text that reads back as the same single-precision number. Of two classes
/// `probability` is that of a source, and `class` is 1 for a source; of more, `class` is the name of the most probable
/// one. A stamp that cannot be normalised has the probability `nan` and no class.
public struct PredictionTable {
    private static let beginning = "file,index,"
    /// What it is, to recognise an earlier one, of any classes.
    static let kind = OutputFile.Kind("a table of predictions") { path in
        let bytes = OutputFile.beginning(of: path)
        return ["probability,class\n", "probability,std,class\n", "probability_", "\"probability_"].flatMap {
            [$0, "id," + $0]
        }
        .contains { bytes.starts(with: (beginning + $0).utf8) }
    }

    /// (stamps, outputs), row by row.
    let probabilities: [Float]
    /// Of a network: of 1, the probability is that of class 1.
    let outputs: Int
    /// Of two classes, the probability of class 1 above which a stamp is of it.
    let threshold: Float
    /// In the order of the outputs.
    let classNames: [String]
    /// What each stamp is called; nil for no such column.
    let identifiers: [String]?
    /// The standard deviation of each probability over the looks at the stamp; nil for no such columns.
    let spread: [Float]?

    /// Writes the table, atomically.
    ///
    /// - Throws: `Fault(.cannotWrite)`.
    func write(_ stamps: StampCollection, to output: OutputFile) throws {
        var text =
            Self.beginning + (identifiers == nil ? "" : "id,")
            + CSVText.line(names("probability") + (spread == nil ? [] : names("std")) + ["class"])
        for stamp in 0..<stamps.count {
            let place = stamps.location(stamp)
            let name = identifiers.map { [$0[stamp]] } ?? []
            text += CSVText.line([CSVText.fileName(place.path), "\(place.index)"] + name + fields(stamp))
        }
        try output.write(text)
    }

    /// The names of the columns of a number of each class, or of the second of two.
    private func names(_ number: String) -> [String] {
        outputs > 2 ? classNames.map { "\(number)_\($0)" } : [number]
    }

    /// The probabilities of a stamp with their deviations, and its class.
    private func fields(_ stamp: Int) -> [String] {
        let row = probabilities[stamp * outputs..<(stamp + 1) * outputs]
        let deviations = (spread?[stamp * outputs..<(stamp + 1) * outputs]).map { row in
            (outputs > 2 ? Array(row) : [row.last!]).map { "\($0)" }
        }
        guard outputs > 2 else {
            let probability = row.last!
            let predicted = probability.isNaN ? "" : "\(ThresholdRule.predictedClass(probability, above: threshold))"
            return ["\(probability)"] + (deviations ?? []) + [predicted]
        }
        let predicted = row.contains(where: \.isNaN) ? "" : classNames[ClassPredictions.largest(row)]
        return row.map { "\($0)" } + (deviations ?? []) + [predicted]
    }
}
