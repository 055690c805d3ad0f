import ArgumentParser
import Preparation

/// What is done with stamps before the network sees them. What is not given is as the recipe has it.
struct PreparationOptions: ParsableArguments {
    @Option(
        help:
            """
            How stamps are normalised: notebook (sum 1), mean (mean 1), robust (sky 0 ± 1, clipped), asinh (of \
            robust), minmax (0 to 1), l2 (norm 1), zscore (mean 0, deviation 1), percentile=LOW,HIGH (0 to 1, \
            clipped), standard (zscore of the training set), scale=A,B for (x − A) / B, or none. (notebook: \
            notebook, survey: asinh)
            """
    )
    var normalize: String?

    @Option(
        help: ArgumentHelp("What is normalised by itself: channel or stamp. (default: channel)", valueName: "part"))
    var normalizeOver: NormalizationScope?

    @OptionGroup var channels: ChannelsOption

    @Option(
        help: ArgumentHelp(
            "What stands for pixels that are not finite: zero, or the channel's median or minimum. (default: refused)",
            valueName: "value"))
    var fill: PixelFill?

    @Flag(help: "Add a channel that is 1 where a pixel was filled, and 0 elsewhere.")
    var maskChannel = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Take the middle N×N pixels, or rows x columns.", valueName: "n[xn]"))
    var crop: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Make stamps N×N, or rows x columns, by zeros around them once normalised.", valueName: "n[xn]"))
    var pad: String?

    /// - Throws: a fault for a value that makes no sense.
    func apply(to preparation: inout StampPreparation) throws {
        if let normalize { preparation.normalization = try Normalization(option: normalize) }
        if let normalizeOver { preparation.scope = normalizeOver }
        preparation.channels = try channels.selection()
        if let fill { preparation.fill = fill }
        preparation.maskChannel = maskChannel
        preparation.crop = try crop.map { try StampExtent(option: $0, of: "--crop") }
        preparation.pad = try pad.map { try StampExtent(option: $0, of: "--pad") }
    }
}

/// A normalisation instead of a model's own.
struct NormalizeOption: ParsableArguments {
    @Option(help: "Override the model's normalisation, by the words of `train --normalize`.")
    var normalize: String?

    /// - Throws: a fault for a value that makes no sense.
    func normalization() throws -> Normalization? { try normalize.map { try Normalization(option: $0) } }
}

extension NormalizationScope: ExpressibleByArgument {}
extension PixelFill: ExpressibleByArgument {}
