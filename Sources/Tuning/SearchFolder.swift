import Files
import RunRecords

/// The folder of a search.
///
/// ```
/// search.json    what is searched, and how
/// trials/trial-N run folders
/// trials.csv     the trials, the best one first
/// best.json      the best one
/// figures/       the trials side by side
/// report.html    all of it as one page
/// ```
public struct SearchFolder: Sendable {
    /// As given, without trailing slashes.
    public let path: String

    public init(_ path: String) { self.path = RunFolder(path).path }

    /// ``SearchRecord``.
    public var record: String { "\(path)/search.json" }
    /// The run folder of a trial, from 1.
    public func trial(_ number: Int) -> RunFolder { RunFolder("\(trials)/trial-\(number)") }
    public var trials: String { "\(path)/trials" }
    /// ``SearchTable``.
    public var table: String { "\(path)/trials.csv" }
    /// ``BestTrial``.
    public var best: String { "\(path)/best.json" }
    public var figures: String { "\(path)/figures" }
    public var report: String { "\(path)/report.html" }
    /// What ranks take trials with: of one start of the program.
    public var claims: String { "\(path)/.claims" }
}
