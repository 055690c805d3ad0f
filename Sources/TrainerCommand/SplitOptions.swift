import ArgumentParser
import Settings
import StampData

/// Which stamps a network is trained, validated and tested on.
struct SplitOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Shares of training, validation and test stamps.", valueName: "a,b,c"))
    var split = TrainingSettings().split.description

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Seed of the split alone, for runs that share it. (default: --seed)", valueName: "n"))
    var splitSeed: UInt64?

    @OptionGroup var sampling: SamplingOptions

    /// Gives settings what the options say.
    ///
    /// - Throws: `Fault(.usage)` for options that need another one, and values that cannot be.
    func apply(to settings: inout TrainingSettings) throws {
        settings.split = try SplitFractions(option: split)
        settings.splitSeed = splitSeed
        try sampling.apply(to: &settings)
    }
}
