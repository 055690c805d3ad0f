/// What a lane does with its time. The raw values index the rows of sums.
package enum Activity: Int, CaseIterable, Sendable {
    /// A whole training step; encloses all others. Detail: the step's number in the run.
    case step
    /// A layer's forward pass over one microbatch. Detail: the node.
    case forward
    /// A layer's backward pass over one microbatch. Detail: the node.
    case backward
    /// Loading a microbatch's stamps.
    case load
    /// Losses and their gradients.
    case loss
    /// What lane 0 does at the synchronisation points of batch normalisation.
    case statistics
    /// Adding gradients of microbatches, lanes and ranks.
    case combineGradients
    /// The optimizer.
    case update
    /// Rearranging weights for the next step.
    case prepareWeights
    /// Waiting for the other lanes.
    case waiting
    /// Sums of batch normalisation over ranks. Detail: bytes.
    case sumOverRanks
    /// Exchanging gradients among ranks, or starting to, or waiting for it. Detail: bytes.
    case exchange
    /// Gathering new parameters from all ranks, or starting to, or waiting for it. Detail: bytes.
    case gather
    /// A message under way while lane 0 does other things; may overlap all others. Detail: bytes.
    case flight

    /// The kinds of activities that shares are given for.
    package enum Kind: Sendable { case enclosing, work, idle, message, inFlight }

    package var kind: Kind {
        switch self {
        case .step: .enclosing
        case .forward, .backward, .load, .loss, .statistics, .combineGradients, .update, .prepareWeights: .work
        case .waiting: .idle
        case .sumOverRanks, .exchange, .gather: .message
        case .flight: .inFlight
        }
    }

    /// The name that people see.
    package var title: String {
        switch self {
        case .step: "step"
        case .forward: "forward"
        case .backward: "backward"
        case .load: "load stamps"
        case .loss: "loss"
        case .statistics: "batch statistics"
        case .combineGradients: "combine gradients"
        case .update: "update parameters"
        case .prepareWeights: "prepare weights"
        case .waiting: "wait for lanes"
        case .sumOverRanks: "sum over ranks"
        case .exchange: "exchange gradients"
        case .gather: "gather parameters"
        case .flight: "message in flight"
        }
    }
}
