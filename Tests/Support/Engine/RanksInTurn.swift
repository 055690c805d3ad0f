import Communication
import Synchronization
import TestSupport

/// The ranks of a group one after the other on one thread, the last first and rank 0 at the end: enough for whatever
/// only gathers on rank 0.
package final class RankInTurn: ProcessGroup {
    package let rank: Int
    package let size: Int
    package let hostName = "here"
    private let mail: Mail

    /// What ranks have sent, gathering by gathering.
    private final class Mail: Sendable {
        let gathered = Mutex<[[Int: [UInt8]]]>([])
    }

    private let gatherings = Atomic<Int>(0)

    private init(rank: Int, size: Int, mail: Mail) {
        (self.rank, self.size, self.mail) = (rank, size, mail)
    }

    /// What `body` returns on rank 0, after it has returned nil on all others.
    package static func run<Result>(_ size: Int, _ body: (RankInTurn) throws -> Result?) rethrows -> Result? {
        let mail = Mail()
        for rank in stride(from: size - 1, to: 0, by: -1) {
            let result = try body(RankInTurn(rank: rank, size: size, mail: mail))
            precondition(result == nil, "only rank 0 gathers")
        }
        return try body(RankInTurn(rank: 0, size: size, mail: mail))
    }

    package func gather(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]]? {
        let number = gatherings.add(1, ordering: .relaxed).oldValue
        return mail.gathered.withLock { gathered in
            if gathered.count == number { gathered.append([:]) }
            gathered[number][rank] = Array(bytes)
            return rank == 0 ? (0..<size).map { gathered[number][$0]! } : nil
        }
    }

    package func barrier() {}
    package func limitWaits(to seconds: Int) {}
    package func finish() {}
    package func claimReport() -> Bool { rank == 0 }
    package func abort(exitCode: Int32) -> Never { fatalError("nothing aborts here") }

    package func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) { unavailable() }
    package func allGather(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]] { unavailable() }
    package var all: any Channel { unavailable() }
    package func openChannel(color: Int) -> any Channel { unavailable() }
    package func inParts<Value>(of ranks: Int, _ work: (any ProcessGroup) throws -> Value) -> Value { unavailable() }
    /// Of a rank's own value: enough to agree that nothing is wrong.
    package func maximum(of value: Int) -> Int { value }

    private func unavailable() -> Never { preconditionFailure("ranks that run in turn cannot exchange") }
}
