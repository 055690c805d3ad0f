import ArgumentParser
import Communication

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
            """
            How many consecutive ranks sum among themselves before nodes exchange; 1: none. (default: those on one \
            host)
            """,
            valueName: "n"))
    var ranksPerNode: Int?
}
