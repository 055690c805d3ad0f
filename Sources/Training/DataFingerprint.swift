/// A number that stands for all pixels of a data set, so that `--resume` notices other stamps under the same names.
///
/// The sum of one hash a stamp, of its number and its pixels: ranks and lanes may each hash a share, in any order.
/// Against oversight, not malice.
struct DataFingerprint {
    private(set) var value: UInt64 = 0

    /// Adds a stamp of `count` pixels.
    mutating func add(stamp: Int, pixels: UnsafePointer<Double>, count: Int) {
        // Four chains run side by side: one alone would wait for its multiplications.
        var chains = SIMD4<UInt64>(repeating: UInt64(truncatingIfNeeded: stamp))
        chains &+= SIMD4(1, 2, 3, 4)
        var index = 0
        while index + 4 <= count {
            for chain in 0..<4 { chains[chain] = Self.mix(chains[chain] ^ pixels[index + chain].bitPattern) }
            index += 4
        }
        while index < count {
            chains[0] = Self.mix(chains[0] ^ pixels[index].bitPattern)
            index += 1
        }
        value &+= (0..<4).reduce(UInt64(count)) { Self.mix($0 ^ chains[$1]) }
    }

    /// Adds what another rank or lane has found.
    mutating func add(_ other: UInt64) { value &+= other }

    /// Sixteen hexadecimal digits.
    var hexadecimal: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// One bijective step: multiplying carries differences up, the shift brings them down again.
    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value &* 0x9E37_79B9_7F4A_7C15
        return product ^ (product >> 32)
    }
}
