import Communication
import Faults
import Figures
import Logging
import Metrics
import Models
import Prediction
import RunRecords
import StampData

/// Occlusion maps of the test stamps that a network is most confidently wrong and right about.
struct OcclusionExamples {
    /// What the maps may cost in floating-point operations: some seconds.
    private static let mostOperations = 1 << 37
    /// Wider strides tell too little.
    private static let widestStride = 4
    private static let window = 5

    /// The figure.
    let plot: Plot?

    /// - Returns: nil for a run whose model or stamps are gone, for one with features, and where no stamp is usable.
    /// - Throws: `Fault` for a network that is too expensive, or that cannot predict.
    init?(_ results: RunResults, _ set: TestSet, threshold: Float) throws(Fault) {
        guard let stamps = results.stamps, let model = results.model, model.features == nil,
            results.configuration.settings.features == nil
        else { return nil }
        let (worst, best) = Self.chosen(set, threshold)
        guard !(worst + best).isEmpty else { return nil }
        let extents = model.network.inputShape.extents
        let side = min(Self.window, extents[0], extents[1])
        let window = try Self.window(
            side, of: extents, stamps: worst.count + best.count, operations: model.network.operations.forward)
        let maps: [OcclusionMap]
        do {
            var logger = Logger(label: "report")
            logger.logLevel = .critical
            maps = try Prediction(
                models: [results.folder.model], normalization: nil,
                fromLogits: results.configuration.settings.fromLogits, threads: nil, group: SingleProcess(),
                logger: logger
            ).occlusion(of: (worst + best).map(\.index), in: stamps, window: window)
        } catch let fault as Fault {
            throw fault
        } catch let agreed as AgreedFault {
            throw agreed.fault
        } catch {
            return nil
        }
        let shown = zip(worst + best, maps).map { sample, map in
            let place = stamps.location(sample.index)
            return OccludedStamp(
                sample: sample, file: place.path, number: place.index,
                picture: StampPicture(
                    height: map.height, width: map.width, channels: map.channels, values: map.stamp),
                map: map.values)
        }
        let probability =
            results.classNames.count == 2 ? TwoClassWords(results.classNames).oneSource : "the predicted class"
        plot =
            OcclusionFigure(
                worst: Array(shown.prefix(worst.count)), best: Array(shown.dropFirst(worst.count)),
                classNames: results.classNames, probability: probability, window: side
            ).plot
    }

    /// The worst mistakes, and what is recognised best: of two classes, of class 1, which has something to look at.
    private static func chosen(
        _ set: TestSet, _ threshold: Float
    ) -> (worst: [ClassifiedSample], best: [ClassifiedSample]) {
        let most = OcclusionFigure.columns
        switch set {
        case .two(let samples):
            let best = samples.filter { $0.isSource && ThresholdRule.isSource($0.score, above: threshold) }
                .sorted { $0.score == $1.score ? $0.index < $1.index : $0.score > $1.score }
            return (
                StampGridFigure.mistakes(samples, threshold: threshold, most: most)
                    .map { ClassifiedSample($0, threshold: threshold) },
                best.prefix(most).map { ClassifiedSample($0, threshold: threshold) }
            )
        case .several(let predictions):
            let best = predictions.indices.indices.filter(predictions.isCorrect).sorted {
                let (first, second) = (predictions.topProbability($0), predictions.topProbability($1))
                return first == second ? $0 < $1 : first > second
            }
            return (
                StampGridFigure.mistakes(predictions, most: most),
                best.prefix(most).map { ClassifiedSample($0, of: predictions) }
            )
        }
    }

    /// A window whose positions can be afforded.
    private static func window(
        _ side: Int, of extents: [Int], stamps: Int, operations: Int
    ) throws(Fault) -> OcclusionWindow {
        for stride in 1...widestStride {
            let window = OcclusionWindow(side: side, stride: stride)
            let (rows, columns) = window.positions(height: extents[0], width: extents[1])
            let (cost, overflows) = (rows * columns * stamps).multipliedReportingOverflow(by: max(operations, 1))
            if !overflows, cost <= mostOperations { return window }
        }
        throw Fault(
            .usage, "occlusion maps", "take long with this network",
            remedy: "make them with: swift-run-trainer occlusion")
    }
}
