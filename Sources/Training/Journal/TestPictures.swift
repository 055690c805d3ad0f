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

    let metrics: ClassificationMetrics
    let predictions: [SamplePrediction]
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
        for (label, name) in ["noise", "sources"].enumerated() {
            if let image = try examples(label) { values.append(.image("test/\(name)", image)) }
        }
        return values
    }

    /// Rows: noise, sources; columns: classified as noise, as sources. The darker, the larger the share of the row.
    private var confusionMatrix: PNGImage {
        let cell = 112
        var picture = GreyPicture(width: 2 * cell + 3, height: 2 * cell + 3, shade: 0)
        for (row, counts) in metrics.confusionMatrix.counts.enumerated() {
            let total = max(1, counts[0] + counts[1])
            for (column, count) in counts.enumerated() {
                let (x, y) = (1 + column * (cell + 1), 1 + row * (cell + 1))
                let share = Double(count) / Double(total)
                let shade = UInt8(255 - 200 * share)
                picture.fill(x: x, y: y, width: cell, height: cell, shade: shade)
                let ink: UInt8 = shade > 140 ? 0 : 255
                picture.draw("\(count)", x: x + 10, y: y + 30, scale: 3, shade: ink)
                picture.draw("\(Int((100 * share).rounded()))%", x: x + 10, y: y + 66, scale: 3, shade: ink)
            }
        }
        return picture.png
    }

    /// Stamps of a class side by side, evenly from the one with the lowest probability of a source to the one with the
    /// highest, which is written below each; nil if there are none.
    private func examples(_ label: Int) throws -> PNGImage? {
        let ranked = predictions.filter { $0.trueClass == label }
            .sorted { ($0.probability, $0.index) < ($1.probability, $1.index) }
        guard !ranked.isEmpty else { return nil }
        let count = min(Self.shown, ranked.count)
        let (width, height) = (collection.width * Self.scale + Self.gap, collection.height * Self.scale)
        var picture = GreyPicture(width: count * width + Self.gap, height: height + 2 * Self.gap + Self.textHeight)
        for place in 0..<count {
            let sample = ranked[count == 1 ? 0 : place * (ranked.count - 1) / (count - 1)]
            let pixels = try StampReader(collection, .none).read(sample.index) {
                $0.withFirstChannel { plane in
                    Array(UnsafeBufferPointer(start: plane, count: collection.height * collection.width))
                }
            }
            let x = Self.gap + place * width
            picture.draw(pixels, columns: collection.width, x: x, y: Self.gap, scale: Self.scale)
            picture.draw(
                FormattedNumber.fixed(Double(sample.probability), 3), x: x, y: height + Self.gap + 4, scale: 2, shade: 0
            )
        }
        return picture.png
    }
}
