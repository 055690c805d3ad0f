import CKernels

/// A number that stands for all pixels of a data set, so that `--resume` notices other stamps under the same names.
///
/// The sum of one hash a stamp, of its number and its pixels: ranks and lanes may each hash a share, in any order.
/// Against oversight, not malice.
struct DataFingerprint {
    private(set) var value: UInt64 = 0

    /// Adds a stamp of `count` pixels.
    mutating func add(stamp: Int, pixels: UnsafePointer<Double>, count: Int) {
        value &+= stamp_fingerprint(UInt64(stamp), pixels, count)
    }

    /// Adds what another rank or lane has found.
    mutating func add(_ other: UInt64) { value &+= other }

    /// Sixteen hexadecimal digits.
    var hexadecimal: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
