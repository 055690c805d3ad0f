import CKernels
import Tensors

/// Makes of a training stamp what the network sees of it in one epoch: a pure function of (seed, epoch, number of the
/// stamp).
///
/// In this order: symmetry, shift, noise, normalisation, contrast.
public struct StampAugmenter: Sendable {
    /// What is done to one stamp in one epoch.
    public struct Choice: Hashable, Sendable {
        /// Bit 0: rows reversed; bit 1: their order reversed; bit 2: then rows and columns exchanged.
        public var symmetry: UInt32 = 0
        /// Pixels that the stamp's content moves down and to the right; nil where it stays.
        public var shift: SIMD2<Float>?
        /// Standard deviation of the noise that is added, in standard deviations of the sky.
        public var noise: Float = 0
        /// The factor of the contrast.
        public var contrast: Float = 1

        public init() {}
    }

    /// What is varied, and how much.
    public let augmentation: Augmentation
    private let normalization: Normalization
    private let random: CounterBasedRandom
    private let height: Int
    private let width: Int

    /// - Parameters: height and width of the stamps in pixels.
    public init(_ augmentation: Augmentation, normalization: Normalization, seed: UInt64, height: Int, width: Int) {
        self.augmentation = augmentation
        self.normalization = normalization
        random = CounterBasedRandom(seed: seed)
        self.height = height
        self.width = width
    }

    /// What is done to stamp `number` in an epoch. Each choice has random numbers of its own, so that what one option
    /// switches does not change the others'.
    public func choice(number: Int, epoch: Int) -> Choice {
        let first = random.block(.augmentation, step: epoch, sample: number, block: 0)
        let second = random.block(.augmentation, step: epoch, sample: number, block: 1)
        func uniform(_ word: UInt32) -> Float { Float(word >> 8) * 0x1p-24 }
        var choice = Choice()
        if augmentation.symmetries { choice.symmetry = first[0] >> 29 & (height == width ? 7 : 3) }
        // Interpolation smooths the sky: half of the stamps keep theirs, or the network would not know it as it is.
        if augmentation.shift > 0, first[1] >> 31 == 0 {
            choice.shift = SIMD2(2 * uniform(first[2]) - 1, 2 * uniform(first[3]) - 1) * augmentation.shift
        }
        choice.noise = augmentation.noise * uniform(second[0])
        choice.contrast = 1 + augmentation.contrast * (2 * uniform(second[1]) - 1)
        return choice
    }

    /// Writes what the network sees of a stamp in an epoch.
    ///
    /// - Parameters:
    ///   - kept: the stamp as `Normalization.prepareForAugmentation` left it.
    ///   - spread: the sky's standard deviation in units of `kept`.
    ///   - number: the stamp's number in the collection.
    ///   - output: room for the stamp's pixels.
    public func write(
        kept: UnsafePointer<Float>, spread: Float, number: Int, epoch: Int, into output: UnsafeMutablePointer<Float>
    ) {
        let choice = choice(number: number, epoch: epoch)
        let count = height * width
        let floats = 2 * count + stamp_shift_scratch(height, width)
        withTemporaryMemory(of: Double.self, count: 3 * count + (floats + 1) / 2) { memory in
            let pixels = memory.baseAddress!
            let varied = UnsafeMutableRawPointer(pixels + 3 * count).bindMemory(to: Float.self, capacity: floats)
            vary(kept, spread: spread, by: choice, number: number, epoch: epoch, into: varied)
            stamp_widen(varied, count, pixels)
            if !normalization.apply(pixels: pixels, count: count, scratch: pixels + count, into: output) {
                // A shift may have moved out all that was there: the stamp stays as it is, which is known to do.
                stamp_widen(kept, count, pixels)
                let isUsable = normalization.apply(
                    pixels: pixels, count: count, scratch: pixels + count, into: output)
                precondition(isUsable, "stamp \(number) was good before")
            }
            if choice.contrast != 1 { stamp_contrast(output, count, choice.contrast) }
        }
    }

    /// Symmetry, shift and noise. Behind the stamp, `output` has room for another and for the shift's scratch.
    private func vary(
        _ kept: UnsafePointer<Float>, spread: Float, by choice: Choice, number: Int, epoch: Int,
        into output: UnsafeMutablePointer<Float>
    ) {
        let count = height * width
        let other = output + count
        if let shift = choice.shift {
            stamp_symmetry(kept, height, width, choice.symmetry, other)
            stamp_shift(other, height, width, shift.x, shift.y, other + count, output)
        } else {
            stamp_symmetry(kept, height, width, choice.symmetry, output)
        }
        guard choice.noise > 0 else { return }
        let counter = [
            0, UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: epoch),
            CounterBasedRandom.word(.augmentation, detail: 1),
        ]
        let key = [UInt32(truncatingIfNeeded: random.seed), UInt32(truncatingIfNeeded: random.seed >> 32)]
        standard_normals(counter, key, count, other)
        stamp_add_scaled(output, other, count, choice.noise * spread)
    }
}
