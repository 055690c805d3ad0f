/// S. Vigna's SplitMix64, a generator that gives the same numbers on every machine and in every run of the tests.
package struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Floats of widely varying size and sign, so that the order in which they are added shows in the sum's last bits.
package func unevenFloats(_ count: Int, seed: UInt64) -> [Float] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in
        let magnitude = Float(sign: .plus, exponent: Int.random(in: -12...12, using: &generator), significand: 1)
        return Float.random(in: -1...1, using: &generator) * magnitude
    }
}
