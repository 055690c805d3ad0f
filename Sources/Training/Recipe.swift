import Optimizers
import StampData

/// A set of settings under one name.
public enum Recipe: String, Codable, CaseIterable, Sendable {
    /// As astroML's notebook "Deep Learning: Classifying Astronomical Images" trains: plain SGD on stamps that sum to 1.
    case notebook
    /// What finds point sources on a survey's sky.
    case survey

    /// Gives a configuration's settings the values that the recipe has for them.
    func settle(_ configuration: inout TrainingConfiguration) {
        switch self {
        case .notebook: break
        case .survey:
            configuration.normalization = .mean
            configuration.optimizer = .adam()
            configuration.learningRate = 0.001
            configuration.decision.calibrate = true
        }
    }
}
