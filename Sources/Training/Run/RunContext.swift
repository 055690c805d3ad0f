import Communication
import Logging
import Settings

/// What all stages of a run share: its settings, and the process it runs in.
struct RunContext: Sendable {
    let configuration: TrainingSettings
    /// Recorded in `config.json`.
    let programVersion: String
    let group: any ProcessGroup
    let environment: [String: String]
    let logger: Logger

    /// Rank 0 alone validates, writes and prints.
    var isRoot: Bool { group.rank == 0 }
}
