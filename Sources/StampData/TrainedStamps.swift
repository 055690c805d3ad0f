import CKernels

/// Which stamps a network was trained on, by what they show: a hash of the values of each, whatever its file and its
/// number. Of more than about a million stamps those with the smallest hashes stand for all.
///
/// Against oversight, not malice. The hashes of stamps that are alike are one.
public struct TrainedStamps: Hashable, Codable, Sendable {
    /// About how many hashes are kept: 8 MB.
    static let most = 1 << 20

    /// The largest hash that is kept.
    public let limit: UInt64
    /// In rising order, each once; so they are encoded, too.
    public let hashes: [UInt64]

    /// - Parameter hashes: none above `limit`; in any order, and any number of times.
    public init(limit: UInt64, hashes: [UInt64]) {
        self.limit = limit
        var kept: [UInt64] = []
        for hash in hashes.sorted() where kept.last != hash { kept.append(hash) }
        self.hashes = kept
    }

    /// The largest hash that is kept of so many stamps: all hashes are, or a share that is `most` of them on average.
    package static func limit(stamps: Int) -> UInt64 {
        stamps <= most ? .max : UInt64(Double(most) / Double(stamps) * 0x1p64)
    }

    /// The hash of a stamp's values as they are in its file.
    package static func hash(_ values: UnsafePointer<Double>, count: Int) -> UInt64 {
        stamp_fingerprint(0, values, count)
    }

    /// Whether a hash is among them.
    func holds(_ hash: UInt64) -> Bool {
        var (low, high) = (0, hashes.count)
        while low < high {
            let middle = (low + high) / 2
            if hashes[middle] < hash { low = middle + 1 } else { high = middle }
        }
        return low < hashes.count && hashes[low] == hash
    }

    /// How many of some stamps a network was trained on, and whether that was estimated.
    public struct Overlap: Hashable, Sendable, BitwiseCopyable {
        /// Stamps that were looked at.
        public var stamps = 0
        /// Those whose hashes were compared.
        public var compared = 0
        /// Those of them that are among the trained ones.
        public var found = 0

        public init() {}

        /// Adds what was found elsewhere.
        package mutating func add(_ other: Overlap) {
            stamps += other.stamps
            compared += other.compared
            found += other.found
        }

        /// How many of all stamps that makes: exactly, where all were compared.
        public var count: Int {
            compared == 0 ? 0 : Int((Double(found) / Double(compared) * Double(stamps)).rounded())
        }
    }
}

extension [TrainedStamps] {
    /// Adds a stamp to what was found: whether any of several networks was trained on it.
    package func look(for hash: UInt64, _ overlap: inout TrainedStamps.Overlap) {
        overlap.stamps += 1
        guard allSatisfy({ hash <= $0.limit }) else { return }
        overlap.compared += 1
        if contains(where: { $0.holds(hash) }) { overlap.found += 1 }
    }
}
