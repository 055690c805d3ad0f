import Synchronization

/// What this process has asked of the file system for stamps and models: how many times it opened a file, and how many
/// bytes it read. Summed over the processes that share a file system, this is its load.
package struct ReadCounts: Sendable, Hashable, BitwiseCopyable {
    package var opens: Int
    /// Bytes that were read by range, and the lengths of files that were mapped or read as a whole.
    package var bytes: Int

    package init(opens: Int, bytes: Int) {
        self.opens = opens
        self.bytes = bytes
    }

    private static let opened = Atomic<Int>(0)
    private static let read = Atomic<Int>(0)

    /// The counts since the process began.
    package static var now: ReadCounts {
        ReadCounts(opens: opened.load(ordering: .relaxed), bytes: read.load(ordering: .relaxed))
    }

    static func countOpen() { opened.add(1, ordering: .relaxed) }
    static func count(bytes: Int) { read.add(bytes, ordering: .relaxed) }
}
