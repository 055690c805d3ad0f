/// The progress of a bucket from gradients to new parameters.
///
///     filling → combining(0) → exchanging(0) → combining(1) → … → updating
///         → gathering(last) → … → gathering(0) → complete
///
/// In a single process there are no levels: filling → updating → complete. If an update needs norms over all gradients,
/// `summed` follows `updating`: there the bucket waits for the other ones.
package enum BucketState: Hashable {
    /// The backward pass still has to reach the first of the bucket's layers.
    case filling
    /// Lanes add up what `level` exchanges have brought: at level 0, the sums of this rank's lanes.
    case combining(level: Int)
    /// The messages of a level's reduce-scatter are under way.
    case exchanging(level: Int)
    /// Lanes compute the last sum of this rank's slice and, unless norms are needed first, the optimizer's step.
    case updating
    /// The sum is complete; the optimizer's step waits until those of all buckets are.
    case summed
    /// The messages of a level's all-gather of new parameters are under way.
    case gathering(level: Int)
    /// This rank has the new parameters of the whole bucket.
    case complete

    /// Whether lanes do its work, between two barriers.
    package var isWork: Bool {
        switch self {
        case .combining, .updating: true
        case .filling, .exchanging, .summed, .gathering, .complete: false
        }
    }

    /// Whether it lasts until messages have arrived.
    package var isMessage: Bool {
        switch self {
        case .exchanging, .gathering: true
        case .filling, .combining, .updating, .summed, .complete: false
        }
    }

    /// All states in the order in which a bucket passes through them.
    ///
    /// - Parameters:
    ///   - levels: the levels of ranks, which exchange one after another; 0 in a single process.
    ///   - combinesLanes: whether the sums of this rank's lanes have to be added up or packed before the first
    ///     exchange.
    ///   - needsAllGradients: whether no parameter can change before all sums are complete.
    package static func sequence(levels: Int, combinesLanes: Bool, needsAllGradients: Bool) -> [BucketState] {
        var states = [BucketState.filling]
        for level in 0..<levels {
            if level > 0 || combinesLanes { states.append(.combining(level: level)) }
            states.append(.exchanging(level: level))
        }
        states.append(.updating)
        if needsAllGradients { states.append(.summed) }
        for level in (0..<levels).reversed() { states.append(.gathering(level: level)) }
        return states + [.complete]
    }
}
