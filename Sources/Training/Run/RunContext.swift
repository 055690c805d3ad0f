import Communication
import Logging
import Optimizers
import Settings
import StampData

/// Looks at the stamps of a run before anything is made of them.
public typealias StampCheck = @Sendable (StampCollection) throws -> Void

/// What a search asks of a run besides what its settings say. The bits are the same.
public struct TrialPart: Sendable {
    /// The run pauses after this epoch, with a checkpoint of it.
    public var pause: Int
    /// What is measured on the validation set even if the run itself does not watch it.
    public var metric: Stopping.Metric

    public init(pausingAfter pause: Int, metric: Stopping.Metric) { (self.pause, self.metric) = (pause, metric) }
}

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
    /// How the run is a part of a search; nil for a run by itself.
    var trial: TrialPart?

    /// Rank 0 alone validates, writes and prints.
    var isRoot: Bool { group.rank == 0 }
}
