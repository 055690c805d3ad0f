/// How long a rank waits for others before it ends the job, in seconds; 0 for ever.
public struct WaitLimits: Hashable, Sendable {
    /// Until all ranks have started MPI, and again until all have ended it.
    public var start: Int
    /// In any operation in between (`ProcessGroup.limitWaits`).
    public var operation: Int

    public init(start: Int = 300, operation: Int = 0) {
        self.start = max(0, start)
        self.operation = max(0, operation)
    }

    /// How much longer ranks wait at the end for one that writes tables or draws figures.
    static let lastWork = 30
}
