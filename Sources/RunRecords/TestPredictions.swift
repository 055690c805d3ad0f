import Faults
import Files
import Metrics

/// The test set, sample by sample: `test_predictions.csv`.
public enum TestPredictions {
    private static let header = "index,true_class,probability"

    /// Replaces the file by one row per sample (index,true_class,probability), in the order of the index.
    ///
    /// Probabilities are the shortest text that reads back as the same single-precision number.
    /// - Throws: `Fault(.cannotWrite)`.
    public static func write(_ samples: [SamplePrediction], to path: String) throws {
        var text = header + "\n"
        for sample in samples.sorted(by: { $0.index < $1.index }) {
            text += "\(sample.index),\(sample.trueClass),\(sample.probability)\n"
        }
        try AtomicFile.write(text, to: path)
    }

    /// Reads what ``write(_:to:)`` has written: the scores are probabilities of class 1, NaN if there was none.
    /// - Throws: `Fault(.missingInput)` when there is no such file, `Fault(.badData)` that names the line at fault.
    public static func read(_ path: String) throws -> [ScoredSample] {
        let lines = try FileAccess.read(path).split(separator: UInt8(ascii: "\n"))
        let remedy = "restore the file from a copy, or run again with a new --output"
        guard let first = lines.first, first.elementsEqual(header.utf8) else {
            throw Fault(.badData, path, "line 1 is not \"\(header)\"", remedy: remedy)
        }
        var samples: [ScoredSample] = []
        for (number, line) in lines.enumerated().dropFirst() {
            guard let sample = sample(line), sample.index > samples.last?.index ?? -1 else {
                throw Fault(
                    .badData, path,
                    "line \(number + 1) is not the next test sample: \"\(String(decoding: line.prefix(200), as: UTF8.self))\"",
                    remedy: remedy)
            }
            samples.append(sample)
        }
        return samples
    }

    private static func sample(_ line: ArraySlice<UInt8>) -> ScoredSample? {
        let fields = line.split(separator: UInt8(ascii: ","), maxSplits: 3, omittingEmptySubsequences: false)
        guard fields.count == 3, let index = Int(String(decoding: fields[0], as: UTF8.self)), index >= 0,
            let trueClass = Int(String(decoding: fields[1], as: UTF8.self)), trueClass == 0 || trueClass == 1,
            let probability = Float(String(decoding: fields[2], as: UTF8.self)),
            probability.isNaN || (0...1).contains(probability)
        else { return nil }
        return ScoredSample(index: index, trueClass: trueClass, score: probability)
    }
}
