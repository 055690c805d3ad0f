#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Colours of the words that begin a line on standard error (ECMA-48, select graphic rendition).
enum TerminalColour: Int {
    case red = 31
    case yellow = 33
    case cyan = 36

    /// The word in this colour, where standard error shows colours.
    func painted(_ word: String, environment: [String: String]) -> String {
        Self.isUsed(environment: environment) ? "\u{1B}[1;\(rawValue)m\(word)\u{1B}[0m" : word
    }

    /// On a terminal that is not `dumb`, or where `CLICOLOR_FORCE` asks for them (https://bixense.com/clicolors); never
    /// where `NO_COLOR` is set and not empty (https://no-color.org).
    private static func isUsed(environment: [String: String]) -> Bool {
        if environment["NO_COLOR"].map({ !$0.isEmpty }) ?? false { return false }
        if let force = environment["CLICOLOR_FORCE"], !force.isEmpty, force != "0" { return true }
        return environment["TERM"] != "dumb" && isatty(2) == 1
    }
}
