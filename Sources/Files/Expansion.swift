/// How much a compressed file may hold: what it takes in memory is bounded by its own size.
///
/// Stamps with any noise shrink to no less than a tenth, weights hardly at all; deflate would allow 1032 times. The
/// first 64 MiB are free, for small files of little else than zeros.
package enum Expansion {
    private static let free = 64 << 20
    private static let largestRatio = 100

    /// The most bytes that may come out of `compressed` bytes.
    package static func most(of compressed: Int) -> Int {
        min(compressed, .max >> 10) * largestRatio + free
    }
}
