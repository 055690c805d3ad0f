import CKernels

/// A number that stands for all pixels of a data set, so that `--resume` and reports notice other stamps under the same
/// names.
///
/// The sum of one hash a stamp, of its number and its pixels (and of its label, if it has one of its own, and of the part
/// of the split that it belongs to in any case): ranks and lanes may each hash a share, in any order.
/// Against oversight, not malice.
public struct DataFingerprint: Hashable, Sendable {
    /// The sum of the hashes so far.
    public private(set) var value: UInt64 = 0

    /// The number of no stamps.
    public init() {}

    /// The number of all stamps of a collection.
    ///
    /// - Throws: `Fault` when a file cannot be read.
    public init(_ stamps: StampCollection) throws {
        let reader = StampReader(stamps, .none)
        for stamp in 0..<stamps.count {
            try reader.read(stamp) { add(stamp, of: stamps, values: $0.values.pointer(stamps.values)) }
        }
    }

    /// Adds a stamp of a collection: its values and, where that does not follow from its file, its class; and the part
    /// that it belongs to alone.
    public mutating func add(_ stamp: Int, of stamps: StampCollection, values: UnsafePointer<Double>) {
        add(stamp: stamp, values: values, count: stamps.values)
        guard case .table(let labels) = stamps.labels else { return }
        let part = stamps.part(of: stamp).map { 1 << 16 * (1 + DataPart.separate.firstIndex(of: $0)!) } ?? 0
        let label = Double(Int(labels[stamp]) + part)
        withUnsafePointer(to: label) { value &+= stamp_fingerprint(~UInt64(stamp), $0, 1) }
    }

    /// Adds a stamp of `count` values.
    public mutating func add(stamp: Int, values: UnsafePointer<Double>, count: Int) {
        value &+= stamp_fingerprint(UInt64(stamp), values, count)
    }

    /// Adds what another rank or lane has found.
    public mutating func add(_ other: UInt64) { value &+= other }

    /// Sixteen hexadecimal digits.
    public var hexadecimal: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
