import Communication

/// How ranks share a list of stamps that a network is evaluated on: validation set, test set, or the input of
/// `predict`.
package enum InferenceShare {
    /// Ranks share lists in multiples of this: whole chunks of any network, so that the number of ranks never decides
    /// which stamps are evaluated together.
    package static let unit = 64

    /// The stamps of a list of `count` that this rank works on.
    package static func of(_ count: Int, in group: any ProcessGroup) -> Range<Int> {
        (0..<count).balancedRuns(over: group.size, multipleOf: unit)[group.rank]
    }
}
