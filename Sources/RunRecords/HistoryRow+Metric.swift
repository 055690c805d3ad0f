import Optimizers

extension HistoryRow {
    /// A metric's value; NaN if it was not measured.
    package subscript(metric: Stopping.Metric) -> Double {
        switch metric {
        case .loss: loss
        case .accuracy: accuracy
        case .validationLoss: validationLoss ?? .nan
        case .validationAccuracy: validationAccuracy ?? .nan
        case .validationROCArea: validationROCArea ?? .nan
        case .validationAveragePrecision: validationAveragePrecision ?? .nan
        }
    }
}
