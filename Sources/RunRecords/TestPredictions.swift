import Faults
import Files
import Metrics

/// The test set, sample by sample: `test_predictions.csv`.
public enum TestPredictions {
    /// What a file holds.
    public struct Contents: Hashable, Sendable {
        public let set: TestSet
        /// What the samples are called; nil where the file does not say.
        public let identifiers: SampleIdentifiers?
    }

    /// The first line: of two classes with one probability, of more with a column for each.
    private static func header(_ classNames: [String], isNamed: Bool) -> String {
        let probabilities = classNames.count == 2 ? ["probability"] : classNames.map { "probability_\($0)" }
        return CSVText.line(["index"] + (isNamed ? ["id"] : []) + ["true_class"] + probabilities)
    }

    /// Replaces the file by one row per sample, in the order of the index: index,true_class,probability, or
    /// index,true_class,probability_NAME,… for more than two classes; with identifiers index,id,true_class,….
    ///
    /// Probabilities are the shortest text that reads back as the same single-precision number.
    /// - Parameters:
    ///   - identifiers: what the samples are called; nil for no such column.
    ///   - classNames: in the order of the classes.
    /// - Throws: `Fault(.cannotWrite)`.
    public static func write(
        _ predictions: LabelledPredictions, identifiers: SampleIdentifiers? = nil, classNames: [String],
        to path: String
    ) throws {
        var text = header(classNames, isNamed: identifiers != nil)
        func begin(_ index: Int, _ trueClass: Int) {
            text += "\(index),"
            if let identifiers { text += CSVText.field(identifiers[index]) + "," }
            text += "\(trueClass)"
        }
        switch predictions {
        case .two(let samples):
            for sample in samples.sorted(by: { $0.index < $1.index }) {
                begin(sample.index, sample.trueClass)
                text += ",\(sample.probability)\n"
            }
        case .several(let predictions):
            for sample in 0..<predictions.count {
                begin(predictions.indices[sample], predictions.trueClasses[sample])
                for label in 0..<predictions.classes { text += ",\(predictions.probability(of: label, sample))" }
                text += "\n"
            }
        }
        try AtomicFile.write(text, to: path)
    }

    /// Reads what ``write(_:identifiers:classNames:to:)`` has written; a probability is NaN if there was none.
    ///
    /// - Parameter classNames: those of the run.
    /// - Throws: `Fault(.missingInput)` when there is no such file, `Fault(.badData)` that names the line at fault.
    public static func read(_ path: String, classNames: [String]) throws -> Contents {
        let rows = try rows(path, classNames)
        let names = rows.compactMap(\.identifier)
        let identifiers = names.isEmpty ? nil : SampleIdentifiers(names, of: rows.map(\.index))
        guard classNames.count > 2 else {
            let samples = rows.map {
                ScoredSample(index: $0.index, trueClass: $0.trueClass, score: $0.probabilities[0])
            }
            return Contents(set: .two(samples), identifiers: identifiers)
        }
        let predictions = ClassPredictions(
            classes: classNames.count, indices: rows.map(\.index), trueClasses: rows.map(\.trueClass),
            probabilities: rows.flatMap(\.probabilities))
        return Contents(set: .several(predictions), identifiers: identifiers)
    }

    private static func rows(_ path: String, _ classNames: [String]) throws -> [Row] {
        let bytes = try FileAccess.read(path)
        let remedy = "restore the file from a copy, or run again with a new --output"
        // A class's name in it may have line breaks.
        let headers = [false, true].map { (isNamed: $0, line: header(classNames, isNamed: $0)) }
        guard
            let (isNamed, header) = headers.first(where: { _, header in
                bytes.starts(with: header.utf8) || header.utf8.dropLast().elementsEqual(bytes)
            })
        else {
            throw Fault(.badData, path, "line 1 is not \"\(headers[0].line.dropLast())\"", remedy: remedy)
        }
        var rows: [Row] = []
        for record in CSVText.records(bytes.dropFirst(header.utf8.count)) {
            guard let row = Row(record, isNamed: isNamed, classes: classNames.count),
                row.index > rows.last?.index ?? -1
            else {
                let line = 1 + bytes[..<record.startIndex].count { $0 == UInt8(ascii: "\n") }
                throw Fault(
                    .badData, path,
                    "line \(line) is not the next test sample: "
                        + "\"\(String(decoding: record.prefix(200), as: UTF8.self))\"",
                    remedy: remedy)
            }
            rows.append(row)
        }
        return rows
    }

    private struct Row {
        let index: Int
        /// Nil in a file without them.
        let identifier: String?
        let trueClass: Int
        let probabilities: [Float]

        /// Nil for a line that is no row.
        init?(_ record: ArraySlice<UInt8>, isNamed: Bool, classes: Int) {
            let fields = record.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            let behind = 1 + (classes == 2 ? 1 : classes)
            // An identifier may have commas.
            guard isNamed ? fields.count > 1 + behind : fields.count == 1 + behind else { return nil }
            let last = fields.suffix(behind)
            guard let index = Int(String(decoding: fields[0], as: UTF8.self)), index >= 0,
                let trueClass = Int(String(decoding: last.first!, as: UTF8.self)), (0..<classes).contains(trueClass)
            else { return nil }
            let values = last.dropFirst().compactMap { Float(String(decoding: $0, as: UTF8.self)) }
            guard values.count == behind - 1, values.allSatisfy({ $0.isNaN || (0...1).contains($0) }) else {
                return nil
            }
            (self.index, self.trueClass, probabilities) = (index, trueClass, values)
            guard isNamed else {
                identifier = nil
                return
            }
            let field = record[fields[1].startIndex..<last.first!.startIndex - 1]
            guard let text = CSVText.text(of: field) else { return nil }
            identifier = text
        }
    }
}
