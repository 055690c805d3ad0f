import Optimizers
import StampData

/// A set of settings under one name.
public enum Recipe: String, Codable, CaseIterable, Sendable {
    /// As astroML's notebook "Deep Learning: Classifying Astronomical Images" trains: plain SGD on stamps that sum to 1.
    case notebook
    /// What finds point sources on a survey's sky: Adam with a cosine schedule on the asinh of standardised pixels, turned,
    /// mirrored and shifted from epoch to epoch, and calibrated at the end. Chosen on simulated stamps of two kinds of sky.
    case survey

    /// Gives a configuration's settings the values that the recipe has for them.
    func settle(_ configuration: inout TrainingConfiguration) {
        switch self {
        case .notebook: break
        case .survey:
            configuration.normalization = .asinh
            configuration.augmentation = Augmentation(symmetries: true, shift: 0.5)
            // Augmentation does what dropout is for, and the networks are small.
            configuration.dropout = false
            configuration.optimizer = .adam()
            configuration.learningRate = 0.003
            configuration.schedule.kind = .cosine
            configuration.schedule.warmup = .epochs(1)
            configuration.epochs = 30
            configuration.decision.calibrate = true
        }
    }
}
