import Faults
import Files

/// The recall of each of several classes against a number of the stamps.
public struct ClassColumnBins: Sendable {
    /// Stamps of a class with similar values.
    public struct Bin: Encodable, Sendable {
        /// The least value in the bin.
        public let lower: Double
        /// The largest one.
        public let upper: Double
        public let stamps: Int
        /// The share of them that are given their class.
        public let recall: Estimate?
    }

    /// The column's name.
    public let column: String
    public let classNames: [String]
    /// Of each class, from small to large values: bins of equal numbers of its stamps. None of a class whose stamps have
    /// no values.
    public let classes: [[Bin]]

    init(
        _ numbers: StampNumbers, _ predictions: ClassPredictions, classNames: [String], replicates: Int, seed: UInt64
    ) {
        column = numbers.name
        self.classNames = classNames
        classes = predictions.places.map { places in
            numbers.bins(of: places.map { predictions.indices[$0] }).map { bin in
                // A class alone, of which what is given it lies above the threshold.
                let samples = bin.places.map { places[$0] }.map { place in
                    ScoredSample(
                        index: predictions.indices[place], trueClass: 1, score: predictions.isCorrect(place) ? 1 : 0)
                }
                let bootstrap = BootstrapSample(samples, threshold: 0.5)
                return Bin(
                    lower: bin.lower, upper: bin.upper, stamps: samples.count,
                    recall: Estimate(
                        bootstrap.statistics.completeness, bootstrap.replicates(replicates, seed: seed),
                        \.completeness))
            }
        }
    }

    /// A table for the terminal.
    var rows: [String] {
        let names = classNames.map(\.printable)
        let ranges = classes.map { $0.map { StampNumbers.range($0.lower, $0.upper) } }
        // Names and ranges of any length, with two blanks behind the longest.
        let first = max(13, ([column] + ranges.flatMap(\.self)).map(\.count).max()! + 2)
        let second = max(7, names.map(\.count).max()! + 2)
        func row(_ range: String, _ name: String, _ stamps: String, _ recall: String) -> String {
            FormattedNumber.padded(range, to: first) + FormattedNumber.padded(name, to: second)
                + FormattedNumber.padded(stamps, to: -8) + "   " + recall
        }
        return [row(column, "class", "stamps", "completeness (recall)")]
            + zip(names, zip(ranges, classes)).flatMap { name, bins in
                zip(bins.0, bins.1).map { row($0, name, "\($1.stamps)", $1.recall?.description ?? "-") }
            }
    }
}

extension ClassColumnBins: Encodable {
    private enum CodingKeys: String, CodingKey {
        case column, classes
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(column, forKey: .column)
        var all = container.nestedContainer(keyedBy: NamedKey.self, forKey: .classes)
        for (name, bins) in zip(classNames, classes) { try all.encode(bins, forKey: NamedKey(name)) }
    }
}
