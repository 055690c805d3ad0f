import ArgumentParser

/// Numbers of the stamps that completeness is shown against.
struct ByOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Show completeness by a column of a .csv or by a .npy array, with a row for each stamp, or of two classes \
            for each of the second; repeatable.
            """,
            valueName: "file:column"))
    var by: [String] = []
}
