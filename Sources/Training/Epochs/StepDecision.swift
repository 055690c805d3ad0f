import Communication

/// What all ranks do after a step.
///
/// Each rank has a wish, and the most urgent one is everybody's: one number's maximum over the ranks settles it.
enum StepDecision: Hashable {
    case goOn
    /// Rank 0 wants to tell of the steps so far.
    case record
    /// Rank 0's clock or count says that it is time for one.
    case checkpoint
    /// A rank has got a signal.
    case stop(signal: Int)
    /// A rank has met a loss that is infinite or not a number.
    case lossNotFinite
    /// A rank cannot read its stamps any more.
    case readingFailed

    /// The decision of all ranks. Collective.
    static func agreed(_ wish: StepDecision, in group: any ProcessGroup) throws -> StepDecision {
        StepDecision(urgency: try group.maximum(of: wish.urgency))
    }

    private var urgency: Int {
        switch self {
        case .goOn: 0
        case .record: 1
        case .checkpoint: 2
        case .stop(let signal): 2 + signal
        case .lossNotFinite: Int(Int32.max)
        case .readingFailed: Int(Int32.max) + 1
        }
    }

    private init(urgency: Int) {
        switch urgency {
        case 0: self = .goOn
        case 1: self = .record
        case 2: self = .checkpoint
        case Int(Int32.max): self = .lossNotFinite
        case Int(Int32.max) + 1: self = .readingFailed
        default: self = .stop(signal: urgency - 2)
        }
    }
}
