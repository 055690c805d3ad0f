import Faults
import Files
import Metrics
import Settings

/// What a model is no better than on a test set: ways to tell classes apart that need no training.
public struct Shortfall: Sendable {
    /// Each way, with what it reaches and what the model does.
    private let baselines: [String]
    /// What may help.
    let remedy: String

    /// - Parameters:
    ///   - metrics: of the model on the test set.
    ///   - classNames: in the order of the classes; nil for those that the metrics name.
    ///   - settings: those of the training run; nil if unknown.
    ///   - rocAreas: of two classes, the model's ROC area and the matched filter's on the same stamps; nil if it was not
    ///     applied.
    /// - Returns: nil when the model is better than calling all stamps by the name of the largest class (a larger
    ///   accuracy) and than the matched filter (a larger ROC area).
    public init?(
        _ metrics: TestMetrics, classNames: [String]? = nil, settings: TrainingSettings?,
        rocAreas: (model: Double, matchedFilter: Double)? = nil
    ) {
        var baselines = [Self.majority(metrics, classNames ?? metrics.classNames)].compactMap { $0 }
        if let rocAreas, rocAreas.model <= rocAreas.matchedFilter {
            baselines.append("a matched filter (ROC area \(Self.numbers(rocAreas.model, rocAreas.matchedFilter)))")
        }
        self.baselines = baselines
        if baselines.isEmpty { return nil }
        remedy =
            if let settings, settings.preparation.normalization == .notebook, settings.optimizer == .sgd() {
                "try --recipe survey"
            } else {
                "try more epochs, another --learning-rate, more or other stamps; see whether their classes are right"
            }
    }

    /// Calling all stamps by the name of one class: right for the share of its stamps.
    private static func majority(_ metrics: TestMetrics, _ classNames: [String]) -> String? {
        let matrix = metrics.confusionMatrix
        let largest = (0..<matrix.classes).map(matrix.samples(of:)).enumerated().max { $0.element < $1.element }!
        let share = Double(largest.element) / Double(matrix.samples)
        // Stamps of one class alone tell nothing.
        guard share < 1, matrix.accuracy <= share else { return nil }
        return "calling every stamp \(classNames[largest.offset].printable) "
            + "(accuracy \(numbers(matrix.accuracy, share)))"
    }

    private static func numbers(_ model: Double, _ other: Double) -> String {
        "\(FormattedNumber.fixed(model, 4)) against \(FormattedNumber.fixed(other, 4))"
    }

    /// What the model is no better than, after its name.
    var problem: String { "is no better than \(baselines.joined(separator: " and than "))" }

    /// As a warning.
    ///
    /// - Parameter subject: the model or run.
    public func warning(_ subject: String) -> Fault { Fault(.badData, subject, problem, remedy: remedy) }
}

extension RunResults {
    /// What the run's model is no better than.
    ///
    /// - Parameter matchedFilter: its scores of the test stamps, or some of them; nil if it was not applied.
    func shortfall(matchedFilter: [ScoredSample]?) -> Shortfall? {
        guard let metrics else { return nil }
        var areas: (model: Double, matchedFilter: Double)?
        if let matchedFilter, case .two(let samples) = testSet?.usable {
            let stamps = Set(matchedFilter.map(\.index))
            if let area = ROCCurve.area(samples.filter { stamps.contains($0.index) }),
                let filterArea = ROCCurve.area(matchedFilter)
            {
                areas = (area, filterArea)
            }
        }
        return Shortfall(metrics, classNames: classNames, settings: configuration.settings, rocAreas: areas)
    }
}
