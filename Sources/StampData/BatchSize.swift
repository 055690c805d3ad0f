/// How many samples a batch has, over all ranks together: `--batch-size`.
public enum BatchSize: Hashable, Sendable {
    case samples(Int)
    /// The whole training set: full-batch gradient descent.
    case full
}
