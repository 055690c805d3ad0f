import Communication
import StampData

extension StampCollection {
    /// Opens stamps on rank 0, which sends the others where in the files the pixels lie: they open a file when they
    /// read stamps of it, and only then, so that thousands of ranks do not all ask a file system for the same headers.
    /// What is not in a file by itself (deflated arrays, pipes) goes to all as it is in rank 0's memory. Collective.
    ///
    /// Machines that hold other files under the same names show where a file is opened: its length must be as rank 0
    /// has found it.
    ///
    /// - Parameter open: called on rank 0 alone.
    /// - Throws: `AgreedFault` if rank 0 cannot open them, or a rank has no memory for what is sent.
    package static func agreed(in group: any ProcessGroup, _ open: () throws -> StampCollection) throws
        -> StampCollection
    {
        var own: StampCollection?
        let description = try group.shared {
            let opened = try open()
            own = opened
            return opened.description
        }
        let collection = try group.agree { try own ?? StampCollection(description) }
        try collection.forEachUnfilledBlock { try group.broadcast($0, from: 0) }
        return collection
    }
}
