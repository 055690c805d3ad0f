import Files
import Metrics

/// A test stamp as the network sees it, and the network's prediction.
public struct ClassifiedStamp: Hashable, Sendable {
    /// Its number, true class and probability.
    public let sample: ScoredSample
    /// (height, width), row by row.
    public let pixels: [Float]

    public init(sample: ScoredSample, pixels: [Float]) {
        self.sample = sample
        self.pixels = pixels
    }
}

/// Test stamps in rows, with true class, predicted class and probability: the notebook's `plot_image_array`.
public struct StampGridFigure: Sendable {
    /// How many stamps a row has.
    public static let columns = 5

    private let name: String
    private let title: String
    private let description: String
    private let rows: [[ClassifiedStamp]]
    private let height: Int
    private let width: Int
    private let threshold: Float

    private init(
        name: String, title: String, description: String, rows: [[ClassifiedStamp]], height: Int, width: Int,
        threshold: Float
    ) {
        (self.name, self.title, self.description) = (name, title, description)
        (self.rows, self.height, self.width, self.threshold) = (rows, height, width, threshold)
    }

    /// Which stamps the grid of both classes shows: up to ten of each, evenly spaced in the test set.
    public static func examples(_ samples: [ScoredSample]) -> [ScoredSample] {
        [0, 1].flatMap { trueClass in
            let members = samples.filter { $0.trueClass == trueClass }.sorted { $0.index < $1.index }
            let count = min(members.count, 2 * columns)
            return (0..<count).map { members[$0 * members.count / count] }
        }
    }

    /// Which stamps the grid of mistakes shows: the 20 that are misclassified with the highest probability of the wrong
    /// class, the worst one first.
    public static func mistakes(_ samples: [ScoredSample], threshold: Float, most: Int = 20) -> [ScoredSample] {
        let wrong = samples.filter { ThresholdRule.isSource($0.score, above: threshold) != $0.isSource }
        let ordered = wrong.sorted {
            let (first, second) = (confidence(of: $0), confidence(of: $1))
            return first == second ? $0.index < $1.index : first > second
        }
        return Array(ordered.prefix(most))
    }

    /// The probability of the class that was wrongly predicted.
    private static func confidence(of mistake: ScoredSample) -> Double {
        mistake.isSource ? 1 - Double(mistake.score) : Double(mistake.score)
    }

    /// The grid of ``examples(_:)``, of `total` test stamps: noise above, sources below.
    public static func ofBothClasses(
        _ stamps: [ClassifiedStamp], total: Int, height: Int, width: Int, threshold: Float
    ) -> StampGridFigure {
        let classes = [0, 1].map { trueClass in stamps.filter { $0.sample.trueClass == trueClass } }
        let description =
            classes[0].isEmpty || classes[1].isEmpty
            ? "\(stamps.count) test stamps, all of one class"
            : "\(classes[0].count) noise stamps and \(classes[1].count) sources"
        return StampGridFigure(
            name: "stamps", title: "Test stamps",
            description:
                "\(description), evenly spaced among the \(total) stamps of the test set, as the network sees them: "
                + "true class, predicted class, and the probability P of a source. Wrong ones have a red heading.",
            rows: classes.flatMap(inRows), height: height, width: width, threshold: threshold)
    }

    /// The grid of ``mistakes(_:threshold:most:)``, of `total` mistakes.
    public static func ofMistakes(
        _ stamps: [ClassifiedStamp], total: Int, height: Int, width: Int, threshold: Float
    ) -> StampGridFigure {
        let count = stamps.count == total ? "All \(total)" : "The \(stamps.count) most confident of \(total)"
        return StampGridFigure(
            name: "mistakes", title: "Most confident mistakes",
            description: "\(count) mistakes on the test set, the worst first: true class, predicted class, and the "
                + "probability P of a source.",
            rows: inRows(stamps), height: height, width: width, threshold: threshold)
    }

    private static func inRows(_ stamps: [ClassifiedStamp]) -> [[ClassifiedStamp]] {
        stride(from: 0, to: stamps.count, by: columns).map { Array(stamps[$0..<min($0 + columns, stamps.count)]) }
    }

    /// The figure; nil without stamps.
    public var plot: Plot? {
        guard !rows.isEmpty else { return nil }
        var table = Table("image", "index", "true_class", "predicted_class", "probability")
        let stamps = rows.flatMap { $0 }
        for (image, stamp) in stamps.enumerated() {
            table.append(
                image, stamp.sample.index, stamp.sample.trueClass, predictedClass(stamp), stamp.sample.score)
        }
        let images = ImageStack(height: height, width: width, pixels: stamps.flatMap(\.pixels))
        var next = 0
        let grid = ImageGrid(
            name: name, images: images, headings: stamps.map(heading),
            rows: rows.map { row in
                defer { next += row.count }
                return Array(next..<next + row.count)
            }, colours: .grey)
        return Plot(
            name: name, title: title, description: description, table: table, images: images, size: grid.size,
            commands: grid.commands)
    }

    private func predictedClass(_ stamp: ClassifiedStamp) -> Int {
        ThresholdRule.predictedClass(stamp.sample.score, above: threshold)
    }

    private func heading(_ stamp: ClassifiedStamp) -> ImageGrid.Heading {
        let names = ["noise", "source"]
        let predicted = predictedClass(stamp)
        let probability = FormattedNumber.metric(Double(stamp.sample.score))
        // `\n` and `{/:Italic …}` are gnuplot's.
        return ImageGrid.Heading(
            text: "true \(names[stamp.sample.trueClass]), predicted \(names[predicted])\\n"
                + "{/:Italic P} = \(probability)  (no. \(stamp.sample.index))",
            isWarning: predicted != stamp.sample.trueClass)
    }
}
