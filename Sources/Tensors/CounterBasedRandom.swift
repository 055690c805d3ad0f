import CKernels

/// What a random number is drawn for. Numbers drawn for different purposes are independent.
public enum RandomPurpose: UInt32, Sendable {
    case split = 1
    case strata = 2
    case shuffle = 3
    case initialWeights = 4
    case dropout = 5
    case simulation = 6
    case augmentation = 7
    case bootstrap = 8
    case importance = 9
    case search = 10
}

/// Random numbers as a pure function of (seed, purpose, detail, step, sample, element): no state to save, the same
/// for any number of ranks and threads.
///
/// Source: Philox4x32-10, Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011).
public struct CounterBasedRandom: Hashable, Sendable {
    public let seed: UInt64

    public init(seed: UInt64) { self.seed = seed }

    /// Four uniform 32-bit numbers.
    ///
    /// The key is the seed; the counter is (block, sample, step, purpose · 2¹⁶ + detail).
    /// - Parameter detail: distinguishes uses of one purpose, for instance by the number of the layer (less than 2¹⁶).
    public func block(
        _ purpose: RandomPurpose, detail: Int = 0, step: Int = 0, sample: Int = 0, block: Int
    ) -> SIMD4<UInt32> {
        var counter = (
            UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: sample), UInt32(truncatingIfNeeded: step),
            Self.word(purpose, detail: detail)
        )
        var key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        var out = SIMD4<UInt32>()
        withUnsafeBytes(of: &counter) { counter in
            withUnsafeBytes(of: &key) { key in
                withUnsafeMutableBytes(of: &out) { out in
                    philox4x32_10(
                        counter.baseAddress!.assumingMemoryBound(to: UInt32.self),
                        key.baseAddress!.assumingMemoryBound(to: UInt32.self),
                        out.baseAddress!.assumingMemoryBound(to: UInt32.self))
                }
            }
        }
        return out
    }

    /// The counter's word for a purpose and its detail.
    public static func word(_ purpose: RandomPurpose, detail: Int) -> UInt32 {
        precondition(detail >= 0 && detail < 1 << 16, "detail \(detail) does not fit into 16 bits")
        return purpose.rawValue << 16 | UInt32(detail)
    }

    /// The numbers of (purpose, detail, step, sample), one after another.
    public func stream(
        _ purpose: RandomPurpose, detail: Int = 0, step: Int = 0, sample: Int = 0
    ) -> RandomStream {
        RandomStream(random: self, purpose: purpose, detail: detail, step: step, sample: sample)
    }
}

/// The random numbers of one (seed, purpose, detail, step, sample) in order of their element.
public struct RandomStream: RandomNumberGenerator, Sendable {
    private let random: CounterBasedRandom
    private let purpose: RandomPurpose
    private let detail: Int
    private let step: Int
    private let sample: Int
    private var nextBlock = 0
    private var words = SIMD4<UInt32>()
    private var unused = 0

    init(random: CounterBasedRandom, purpose: RandomPurpose, detail: Int, step: Int, sample: Int) {
        self.random = random
        self.purpose = purpose
        self.detail = detail
        self.step = step
        self.sample = sample
    }

    /// A uniform 32-bit number.
    public mutating func nextWord() -> UInt32 {
        if unused == 0 {
            words = random.block(purpose, detail: detail, step: step, sample: sample, block: nextBlock)
            nextBlock += 1
            unused = 4
        }
        unused -= 1
        return words[3 - unused]
    }

    /// A uniform 64-bit number.
    public mutating func next() -> UInt64 { UInt64(nextWord()) | UInt64(nextWord()) << 32 }

    /// A uniform number in [0, 1) with 53 random bits.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A uniform number in [0, 1) with 24 random bits.
    public mutating func uniformFloat() -> Float { Float(nextWord() >> 8) * 0x1p-24 }

    /// A uniform number in 0 ..< bound, exactly uniform (Lemire's method with rejection).
    public mutating func index(below bound: Int) -> Int {
        precondition(bound > 0, "no number is below \(bound)")
        let range = UInt64(bound)
        while true {
            let product = next().multipliedFullWidth(by: range)
            // The remainder is less than the range, so the division is rarely needed.
            if product.low >= range || product.low >= (0 &- range) % range { return Int(product.high) }
        }
    }

    /// Puts the elements of `array` into a uniformly random order (Fisher–Yates).
    @inlinable
    public mutating func shuffle<Element>(_ array: inout [Element]) {
        guard array.count > 1 else { return }
        for last in stride(from: array.count - 1, to: 0, by: -1) { array.swapAt(last, index(below: last + 1)) }
    }
}
