import ArgumentParser
import Models

extension Bits: ExpressibleByArgument {}

/// What the bits of results depend on.
struct BitsOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            What results depend on to the last bit: portable, on no processor; or blas, on OpenBLAS' type of it where a \
            dense layer has 2²⁵ weights or more, in less memory. (default: blas for such networks, else portable)
            """,
            valueName: "kind"))
    var bits: Bits?
}
