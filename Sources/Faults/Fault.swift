/// An error that a user can cause and remedy: one line that names the subject, the problem and the remedy.
///
/// What only a programmer can cause is a `precondition`, never a `Fault`.
public struct Fault: Error, Hashable, Codable, Sendable, CustomStringConvertible {
    /// What kind of fault this is; the raw value is the process's exit code (BSD `sysexits.h`).
    public enum Kind: Int32, Codable, Sendable {
        /// A wrong option or a wrong combination of options (EX_USAGE).
        case usage = 64
        /// Input that exists but is wrong: a damaged file, stamps of two sizes, an empty class (EX_DATAERR).
        case badData = 65
        /// Input that is missing or cannot be read (EX_NOINPUT).
        case missingInput = 66
        /// A program or library that is needed is not there (EX_UNAVAILABLE).
        case unavailable = 69
        /// An error in this program or in the machine that it runs on (EX_SOFTWARE).
        case internalFault = 70
        /// The system refuses memory or threads (EX_OSERR).
        case noResources = 71
        /// Output that cannot be written (EX_IOERR).
        case cannotWrite = 74
        /// Stopped early with a checkpoint; run it again with `--resume` (EX_TEMPFAIL).
        case stoppedEarly = 75
    }

    public let kind: Kind
    /// The file or option that is at fault.
    public let subject: String
    /// What is wrong with it.
    public let problem: String
    /// What the user can do about it.
    public let remedy: String

    public init(_ kind: Kind, _ subject: String, _ problem: String, remedy: String) {
        self.kind = kind
        self.subject = subject
        self.problem = problem
        self.remedy = remedy
    }

    /// `subject: problem; remedy`, as one line of printable text: names may come from a hostile file.
    public var description: String {
        "\(Self.printable(subject)): \(Self.printable(problem)); \(Self.printable(remedy))"
    }

    /// Truncates what nobody would read.
    private static func printable(_ text: String) -> String {
        let longest = 4096
        let isLong = text.unicodeScalars.count > longest
        return String(text.unicodeScalars.prefix(longest)).printable + (isLong ? "…" : "")
    }

    /// The exit code of a process that ends with this fault.
    public var exitCode: Int32 { kind.rawValue }
}
