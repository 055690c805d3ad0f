import ArgumentParser

/// What stamps are called.
struct IdentifiersOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What each stamp is called in tables and figures: a column of a .csv file, or a .npy array.",
            valueName: "file:column"))
    var ids: String?
}
