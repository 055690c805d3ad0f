import ArgumentParser
import Settings

/// The stamps that a network is trained on.
struct TrainingStampsOptions: ParsableArguments {
    @OptionGroup var data: DataOptions

    @OptionGroup var identifiers: IdentifiersOption

    @Flag(help: "Leave out stamps that cannot be normalised.")
    var skipBad = false

    @Option(
        help: ArgumentHelp(
            """
            Most memory for the stamps of a rank, such as 512M or 8G; the rest is read ahead. (default: no limit)
            """,
            valueName: "size"))
    var memory: String?

    /// Gives settings what the options say, but for the names of the files.
    func apply(to settings: inout TrainingSettings) {
        settings.data.layout = data.layout
        settings.ids = identifiers.ids
        settings.skipBad = skipBad
    }
}
