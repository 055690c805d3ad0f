import Files
import Metrics
import StampData
import TensorBoard

/// The test set as TensorBoard shows it: metrics, the confusion matrix, and stamps of each class with their scores.
struct TestPictures {
    /// Stamps of each class that are shown, from the lowest score to the highest.
    private static let shown = 8
    private static let scale = 4
    private static let gap = 6
    private static let textHeight = 5 * 2 + 4

    /// The most classes whose stamps are shown.
    private static let mostClasses = 64

    let metrics: TestMetrics
    let predictions: LabelledPredictions
    let collection: StampCollection

    /// Everything that is shown.
    ///
    /// - Throws: `Fault` when a file of stamps cannot be read.
    func values() throws -> [SummaryValue] {
        var values: [SummaryValue] = [
            .scalar("test/loss", metrics.loss), .scalar("test/accuracy", metrics.accuracy),
            .image("test/confusion_matrix", confusionMatrix),
        ]
        if let area = metrics.rocAUC { values.append(.scalar("test/roc_auc", area)) }
        if case .several(let metrics) = metrics {
            values.append(.scalar("test/macro_f1", metrics.macroF1))
            if let precision = metrics.averagePrecision { values.append(.scalar("test/average_precision", precision)) }
        }
        for (label, name) in classNames.enumerated().prefix(Self.mostClasses) {
            if let image = try examples(label) { values.append(.image("test/\(name)", image)) }
        }
        return values
    }

    private var classNames: [String] {
        collection.classes == .noiseAndSource ? ["noise", "sources"] : collection.classes.names
    }

    /// A row for each true class, a column for each predicted one. The darker, the larger the share of the row.
    private var confusionMatrix: PNGImage {
        let classes = metrics.confusionMatrix.classes
        let cell = max(8, min(112, 1120 / classes)), side = classes * (cell + 1) + 1
        // Numbers are written where they fit.
        let scale = cell / 37
        var picture = GreyPicture(width: side, height: side, shade: 0)
        for (row, counts) in metrics.confusionMatrix.counts.enumerated() {
            let total = max(1, counts.reduce(0, +))
            for (column, count) in counts.enumerated() {
                let (x, y) = (1 + column * (cell + 1), 1 + row * (cell + 1))
                let share = Double(count) / Double(total)
                let shade = UInt8(255 - 200 * share)
                picture.fill(x: x, y: y, width: cell, height: cell, shade: shade)
                guard scale > 0 else { continue }
                let ink: UInt8 = shade > 140 ? 0 : 255
                let left = x + 10 * cell / 112
                picture.draw("\(count)", x: left, y: y + 30 * cell / 112, scale: scale, shade: ink)
                picture.draw(
                    "\(Int((100 * share).rounded()))%", x: left, y: y + 66 * cell / 112, scale: scale, shade: ink)
            }
        }
        return picture.png
    }

    /// Stamps of a class and a probability of each: of a source, or of more than two classes that of their own.
    private func scored(_ label: Int) -> [ScoredSample] {
        switch predictions {
        case .two(let samples): samples.filter { $0.trueClass == label }.map(ScoredSample.init)
        case .several(let predictions):
            predictions.oneVersusRest(label).filter { $0.trueClass == 1 }
        }
    }

    /// Stamps of a class side by side, evenly from the one with the lowest probability to the one with the highest,
    /// which is written below each; channels stand next to one another. Nil if there are no stamps.
    private func examples(_ label: Int) throws -> PNGImage? {
        let ranked = scored(label).sorted { ($0.score, $0.index) < ($1.score, $1.index) }
        guard !ranked.isEmpty else { return nil }
        let count = min(Self.shown, ranked.count)
        let channels = collection.channels
        let (channelWidth, height) = (collection.width * Self.scale, collection.height * Self.scale)
        let width = channels * (channelWidth + 1) - 1 + Self.gap
        var picture = GreyPicture(width: count * width + Self.gap, height: height + 2 * Self.gap + Self.textHeight)
        for place in 0..<count {
            let sample = ranked[count == 1 ? 0 : place * (ranked.count - 1) / (count - 1)]
            let pixels = try StampReader(collection, .none).read(sample.index) { $0.values.array }
            let x = Self.gap + place * width
            for channel in 0..<channels {
                let plane = stride(from: channel, to: pixels.count, by: channels).map { pixels[$0] }
                picture.draw(
                    plane, columns: collection.width, x: x + channel * (channelWidth + 1), y: Self.gap,
                    scale: Self.scale)
            }
            picture.draw(
                FormattedNumber.fixed(Double(sample.score), 3), x: x, y: height + Self.gap + 4, scale: 2, shade: 0)
        }
        return picture.png
    }
}
