import Communication
import Logging
import Settings
import StampData

/// Looks at the stamps of a run before anything is made of them.
public typealias StampCheck = @Sendable (StampCollection) throws -> Void

/// What all stages of a run share: its settings, and the process it runs in.
struct RunContext: Sendable {
    let configuration: TrainingSettings
    /// Recorded in `config.json`.
    let programVersion: String
    let group: any ProcessGroup
    let environment: [String: String]
    let logger: Logger
    /// Refuses stamps that something else does not go with; called on rank 0 alone.
    var check: StampCheck = { _ in }

    /// Rank 0 alone validates, writes and prints.
    var isRoot: Bool { group.rank == 0 }
}
