import Faults
import Files
import Metrics

/// The test set, sample by sample: `test_predictions.csv`.
public enum TestPredictions {
    private static let header = "index,true_class,probability\n"

    /// The first line for more than two classes: a column of probabilities for each.
    private static func header(_ classNames: [String]) -> String {
        CSVText.line(["index", "true_class"] + classNames.map { "probability_\($0)" })
    }

    /// Replaces the file by one row per sample, in the order of the index: index,true_class,probability, or
    /// index,true_class,probability_NAME,… for more than two classes.
    ///
    /// Probabilities are the shortest text that reads back as the same single-precision number.
    /// - Parameter classNames: in the order of the classes.
    /// - Throws: `Fault(.cannotWrite)`.
    public static func write(
        _ predictions: LabelledPredictions, classNames: [String], to path: String
    ) throws {
        var text: String
        switch predictions {
        case .two(let samples):
            text = header
            for sample in samples.sorted(by: { $0.index < $1.index }) {
                text += "\(sample.index),\(sample.trueClass),\(sample.probability)\n"
            }
        case .several(let predictions):
            text = header(classNames)
            for sample in 0..<predictions.count {
                text += "\(predictions.indices[sample]),\(predictions.trueClasses[sample])"
                for label in 0..<predictions.classes { text += ",\(predictions.probability(of: label, sample))" }
                text += "\n"
            }
        }
        try AtomicFile.write(text, to: path)
    }

    /// Reads what ``write(_:classNames:to:)`` has written; a probability is NaN if there was none.
    ///
    /// - Parameter classNames: those of the run.
    /// - Throws: `Fault(.missingInput)` when there is no such file, `Fault(.badData)` that names the line at fault.
    public static func read(_ path: String, classNames: [String]) throws -> TestSet {
        let isTwo = classNames.count == 2
        let rows = try rows(
            path, header: isTwo ? header : header(classNames), classes: classNames.count,
            probabilities: isTwo ? 1 : classNames.count)
        guard !isTwo else {
            return .two(rows.map { ScoredSample(index: $0.index, trueClass: $0.trueClass, score: $0.probabilities[0]) })
        }
        return .several(
            ClassPredictions(
                classes: classNames.count, indices: rows.map(\.index), trueClasses: rows.map(\.trueClass),
                probabilities: rows.flatMap(\.probabilities)))
    }

    private typealias Row = (index: Int, trueClass: Int, probabilities: [Float])

    private static func rows(_ path: String, header: String, classes: Int, probabilities: Int) throws -> [Row] {
        let bytes = try FileAccess.read(path)
        let remedy = "restore the file from a copy, or run again with a new --output"
        // A class's name in it may have line breaks.
        guard bytes.starts(with: header.utf8) || header.utf8.dropLast().elementsEqual(bytes) else {
            throw Fault(.badData, path, "line 1 is not \"\(header.dropLast())\"", remedy: remedy)
        }
        var rows: [Row] = []
        let first = 1 + header.utf8.count { $0 == UInt8(ascii: "\n") }
        for (number, line) in bytes.dropFirst(header.utf8.count).split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let row = row(line, classes, probabilities), row.index > rows.last?.index ?? -1 else {
                throw Fault(
                    .badData, path,
                    "line \(first + number) is not the next test sample: "
                        + "\"\(String(decoding: line.prefix(200), as: UTF8.self))\"",
                    remedy: remedy)
            }
            rows.append(row)
        }
        return rows
    }

    private static func row(_ line: ArraySlice<UInt8>, _ classes: Int, _ probabilities: Int) -> Row? {
        let fields = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard fields.count == 2 + probabilities, let index = Int(String(decoding: fields[0], as: UTF8.self)),
            index >= 0, let trueClass = Int(String(decoding: fields[1], as: UTF8.self)),
            (0..<classes).contains(trueClass)
        else { return nil }
        let values = fields[2...].compactMap { Float(String(decoding: $0, as: UTF8.self)) }
        guard values.count == probabilities, values.allSatisfy({ $0.isNaN || (0...1).contains($0) }) else {
            return nil
        }
        return (index, trueClass, values)
    }
}
