import ArgumentParser
import Communication
import Faults
import Settings

extension GradientFormat: ExpressibleByArgument {}

/// How ranks sum gradients.
struct ExchangeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How gradients travel between ranks: float32, or bfloat16 in half the bytes; every sum is then rounded.",
            valueName: "format"))
    var gradients = GradientFormat.float32

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "So many neighbouring ranks sum among themselves before nodes exchange; 1: none. (default: those on one host)",
            valueName: "n"))
    var ranksPerNode: Int?

    /// - Throws: a fault for a number of ranks below 1.
    func apply(to configuration: inout TrainingConfiguration) throws {
        configuration.gradients = gradients
        configuration.ranksPerNode = try checkedRanksPerNode()
    }

    func checkedRanksPerNode() throws -> Int? {
        if let ranksPerNode, ranksPerNode < 1 {
            throw Fault(
                .usage, "--ranks-per-node \(ranksPerNode)", "must be 1 or more",
                remedy: "give a divisor of the number of ranks, or leave it out")
        }
        return ranksPerNode
    }
}
