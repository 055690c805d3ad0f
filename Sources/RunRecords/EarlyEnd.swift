import Faults
import Files

/// Why a run is not finished, though its program has ended: `ended.json`. A run that goes on removes it.
public struct EarlyEnd: Codable, Hashable, Sendable {
    /// That of the program: 75 of a run that was asked to stop, 0 of one that was to train so far and no further.
    public let exitCode: Int32
    /// The line that the program ended with.
    public let message: String

    public init(_ fault: Fault) { (exitCode, message) = (fault.exitCode, fault.description) }

    /// Of a run that was to train so far and no further.
    public init(pausedAfter epoch: Int, of epochs: Int) {
        (exitCode, message) = (0, "paused after epoch \(epoch) of \(epochs)")
    }

    /// Whether the run was asked to stop, and can go on from a checkpoint.
    public var isStop: Bool { exitCode == Fault.Kind.stoppedEarly.rawValue }
    public var isPause: Bool { exitCode == 0 }

    enum CodingKeys: String, CodingKey {
        case exitCode = "exit_code"
        case message
    }
}
