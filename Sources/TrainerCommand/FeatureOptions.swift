import ArgumentParser
import Preparation
import Settings

/// A table of numbers beside the stamps that a model is applied to.
struct FeaturesOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A .csv table or .npy array with a row of features for each stamp, for a network with two inputs.",
            valueName: "file:column,…"))
    var features: String?
}

/// The features that a network is trained on.
struct FeatureOptions: ParsableArguments {
    @OptionGroup var table: FeaturesOption

    @Option(help: "standard (mean 0 and standard deviation 1 over the training set) or none.")
    var normalizeFeatures = FeatureNormalization.standard

    @Option(help: "What stands for missing features: median (of the training set). (default: they are refused)")
    var fillFeatures: FeatureFill?

    /// Gives settings what the options say.
    func apply(to settings: inout TrainingSettings) {
        settings.features = table.features
        settings.normalizeFeatures = normalizeFeatures
        settings.fillFeatures = fillFeatures
    }
}

extension FeatureNormalization: ExpressibleByArgument {}
extension FeatureFill: ExpressibleByArgument {}
