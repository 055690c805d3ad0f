import ArgumentParser
import Faults
import Metrics
import Prediction

/// How often, and how, models look at each stamp.
struct PassesOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Average N passes in which dropout is on, and tell how far they are apart.", valueName: "n"))
    var dropoutPasses: Int?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Seed of --dropout-passes. (default: 0)", valueName: "n"))
    var seed: UInt64?

    @Flag(help: "Average over the stamp turned and mirrored in all ways, and tell how far these are apart.")
    var augmentPasses = false

    @Option(help: "What several models say together: their mean, median or max.")
    var combine: ProbabilityCombination?

    /// The first option that is given; nil for none.
    var given: String? {
        dropoutPasses.map { "--dropout-passes \($0)" } ?? seed.map { "--seed \($0)" }
            ?? (augmentPasses ? "--augment-passes" : nil) ?? combine.map { "--combine \($0)" }
    }

    /// - Throws: `Fault(.usage)` for values that make no sense.
    func passes() throws -> PredictionPasses {
        if let dropoutPasses, !(1...1_000_000).contains(dropoutPasses) {
            throw Fault(
                .usage, "--dropout-passes \(dropoutPasses)", "must be from 1 to 1000000",
                remedy: "give, for instance, 50")
        }
        if let seed, dropoutPasses == nil {
            throw Fault(
                .usage, "--seed \(seed)", "goes with --dropout-passes: nothing else is random",
                remedy: "add that, or leave it out")
        }
        return PredictionPasses(dropout: dropoutPasses, symmetries: augmentPasses, seed: seed ?? 0)
    }
}

extension ProbabilityCombination: ExpressibleByArgument {}
