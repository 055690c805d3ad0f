import Glibc
import Synchronization

/// The descriptors of the files that this process reads by range: as many as its limit allows stay open, the others are
/// closed and reopened when needed.
///
/// Eviction follows the clock algorithm (second chance): a hand goes round and evicts the first file that was not used
/// since its last visit.
final class OpenFiles: Sendable {
    /// Half of what the process may have open (getrlimit(2)), between `least` and `most`.
    static let shared = OpenFiles(limit: min(most, max(least, softLimit / 2)))
    private static let (least, most) = (8, 4096)

    private let limit: Int
    private let state = Mutex(State())

    fileprivate struct State {
        var places: [Place] = []
        /// Where each file's descriptor is.
        var indices: [UInt64: Int] = [:]
        var hand = 0
    }

    fileprivate struct Place {
        var file: UInt64
        var descriptor: Int32
        /// Threads that are reading the file.
        var users = 1
        var wasUsed = true
    }

    init(limit: Int) { self.limit = limit }

    private static var softLimit: Int {
        var limits = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return 2 * least }
        return Int(clamping: limits.rlim_cur)
    }

    /// Calls `body` with the file's descriptor, which stays open meanwhile.
    ///
    /// - Throws: what opening the file and `body` throw.
    func withDescriptor(of file: RangedFile, _ body: (Int32) throws -> Void) throws {
        if let descriptor = state.withLock({ $0.borrow(file.number) }) {
            defer { state.withLock { $0.giveBack(file.number) } }
            return try body(descriptor)
        }
        // Opened outside the lock: others need not wait while a file system looks up this file.
        let own = try file.open()
        let kept = state.withLock { $0.keep(own, of: file.number, limit: limit) }
        if let superfluous = kept.superfluous { Glibc.close(superfluous) }
        defer {
            if kept.isKept { state.withLock { $0.giveBack(file.number) } } else { Glibc.close(own) }
        }
        try body(kept.descriptor)
    }

    /// Closes the descriptor of a file that is no longer read, if it is open.
    func close(_ file: UInt64) {
        if let descriptor = state.withLock({ $0.remove(file) }) { Glibc.close(descriptor) }
    }
}

extension OpenFiles.State {
    /// The descriptor of a file that is open, for one more user.
    mutating func borrow(_ file: UInt64) -> Int32? {
        guard let index = indices[file] else { return nil }
        places[index].users += 1
        places[index].wasUsed = true
        return places[index].descriptor
    }

    mutating func giveBack(_ file: UInt64) {
        if let index = indices[file] { places[index].users -= 1 }
    }

    /// Keeps a new descriptor for its first user.
    ///
    /// - Returns: the descriptor to use, whether it is kept here, and one to be closed: that of an evicted file, or the
    ///   new one if another thread was faster.
    mutating func keep(
        _ descriptor: Int32, of file: UInt64, limit: Int
    ) -> (descriptor: Int32, isKept: Bool, superfluous: Int32?) {
        if let other = borrow(file) { return (other, true, descriptor) }
        if places.count < limit {
            indices[file] = places.count
            places.append(OpenFiles.Place(file: file, descriptor: descriptor))
            return (descriptor, true, nil)
        }
        // After one round only files that are being read count as used.
        for _ in 0..<2 * places.count {
            let index = hand
            hand = (hand + 1) % places.count
            guard places[index].users == 0 else { continue }
            if places[index].wasUsed {
                places[index].wasUsed = false
                continue
            }
            let evicted = places[index]
            indices[evicted.file] = nil
            indices[file] = index
            places[index] = OpenFiles.Place(file: file, descriptor: descriptor)
            return (descriptor, true, evicted.descriptor)
        }
        return (descriptor, false, nil)
    }

    /// Removes a file.
    mutating func remove(_ file: UInt64) -> Int32? {
        guard let index = indices.removeValue(forKey: file) else { return nil }
        let descriptor = places[index].descriptor
        let last = places.removeLast()
        if index < places.count {
            places[index] = last
            indices[last.file] = index
        }
        hand = places.isEmpty ? 0 : hand % places.count
        return descriptor
    }
}
