import ArgumentParser
import Communication
import Settings

/// What computes, and how its parts work together.
struct RanksOptions: ParsableArguments {
    @OptionGroup var threads: ThreadsOption

    @OptionGroup var bits: BitsOption

    @OptionGroup var exchange: ExchangeOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Longest time that a rank may keep others waiting before the job ends; 0: for ever.", valueName: "seconds"))
    var stallTimeout = TrainingSettings().execution.stallTimeout

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Compare the ranks' parameters every N steps. (default: never)", valueName: "n"))
    var verifyEvery: Int?

    var waitLimits: WaitLimits { WaitLimits(start: stallTimeout, operation: stallTimeout) }

    /// Gives settings what the options say.
    func apply(to settings: inout TrainingSettings) {
        settings.gradients = exchange.gradients
        settings.bits = bits.bits
        settings.verifyEvery = verifyEvery
        settings.execution.threads = threads.threads
        settings.execution.ranksPerNode = exchange.ranksPerNode
        settings.execution.stallTimeout = stallTimeout
    }
}
