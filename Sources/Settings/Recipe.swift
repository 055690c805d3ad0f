import Optimizers
import StampData

/// A set of settings under one name.
public enum Recipe: String, Codable, CaseIterable, Sendable {
    /// As astroML's notebook "Deep Learning: Classifying Astronomical Images" trains: plain SGD on stamps that sum to
    /// 1.
    case notebook
    /// What finds point sources on a survey's sky: `vgg6-wide`, trained by Adam with a cosine schedule on the asinh of
    /// standardised pixels, turned, mirrored and shifted from epoch to epoch, and calibrated at the end.
    case survey
    /// What KBMOD's `filter_stamps_by_cnn` takes: torchvision's `resnet18` on stamps in which what is not a number counts
    /// as zero, normalised as the notebook does. `convert` writes its `.pth` file.
    case kbmod

    /// Gives settings the values that the recipe has for them.
    func settle(_ settings: inout TrainingSettings) {
        switch self {
        case .notebook: break
        case .survey:
            settings.model = "vgg6-wide"
            settings.preparation.normalization = .asinh
            settings.augmentation = Augmentation(symmetries: true, shift: 0.5)
            // Augmentation does what dropout is for: other networks than that of the recipe have it.
            settings.dropout = false
            settings.optimizer = .adam()
            settings.learningRate = 0.003
            settings.schedule.kind = .cosine
            settings.schedule.warmup = .epochs(1)
            settings.epochs = 30
            settings.decision.calibrate = true
            settings.stratify = true
        case .kbmod:
            settings.model = "resnet18"
            settings.preparation.fill = .zero
            settings.augmentation = Augmentation(symmetries: true)
            settings.optimizer = .adam()
            settings.learningRate = 0.001
            settings.stratify = true
        }
    }
}
