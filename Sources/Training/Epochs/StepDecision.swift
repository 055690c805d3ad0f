import Communication

/// What all ranks do after a step.
///
/// Each rank proposes a decision, and all adopt the most urgent one: the maximum of one number over the ranks.
enum StepDecision: Hashable {
    case proceed
    /// Rank 0 has steps to report.
    case record
    /// Rank 0's clock or step count says that a checkpoint is due.
    case checkpoint
    /// A rank has received a signal.
    case stop(signal: Int)
    /// A rank has computed a loss that is infinite or NaN.
    case lossNotFinite
    /// A rank can no longer read its stamps.
    case readingFailed

    /// The decision of all ranks. Collective.
    static func agreed(_ proposal: StepDecision, in group: any ProcessGroup) throws -> StepDecision {
        StepDecision(urgency: try group.maximum(of: proposal.urgency))
    }

    private var urgency: Int {
        switch self {
        case .proceed: 0
        case .record: 1
        case .checkpoint: 2
        case .stop(let signal): 2 + signal
        case .lossNotFinite: Int(Int32.max)
        case .readingFailed: Int(Int32.max) + 1
        }
    }

    private init(urgency: Int) {
        switch urgency {
        case 0: self = .proceed
        case 1: self = .record
        case 2: self = .checkpoint
        case Int(Int32.max): self = .lossNotFinite
        case Int(Int32.max) + 1: self = .readingFailed
        default: self = .stop(signal: urgency - 2)
        }
    }
}
