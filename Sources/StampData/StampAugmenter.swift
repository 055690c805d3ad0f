import CKernels
import Preparation
import Tensors

/// Makes of a training stamp what the network sees of it in one epoch: a pure function of (seed, epoch, number of the
/// stamp).
///
/// In this order: symmetry, shift, noise, normalisation, contrast.
public struct StampAugmenter: Sendable {
    /// What is done to one stamp in one epoch.
    public struct Choice: Hashable, Sendable {
        /// One of `StampReader.symmetries`.
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
    private let steps: PlanePreparation
    private let random: CounterBasedRandom
    private var height: Int { steps.layout.height }
    private var width: Int { steps.layout.width }

    /// - Parameter reader: of the stamps.
    public init(_ augmentation: Augmentation, _ reader: StampReader, seed: UInt64) {
        self.augmentation = augmentation
        steps = reader.steps
        random = CounterBasedRandom(seed: seed)
    }

    /// What is done to stamp `number` in an epoch. Each choice has random numbers of its own, so that what one option
    /// switches does not change the others'.
    ///
    /// - Parameter repetition: tells this draw from others of the stamp in the same epoch.
    public func choice(number: Int, epoch: Int, repetition: Int = 0) -> Choice {
        let first = random.block(.augmentation, step: epoch, sample: number, block: 2 * repetition)
        let second = random.block(.augmentation, step: epoch, sample: number, block: 2 * repetition + 1)
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

    /// Writes what the network sees of a stamp in an epoch. All channels are turned and shifted alike, and each has
    /// noise of its own.
    ///
    /// - Parameters:
    ///   - kept: the stamp as `RawStamp.write` left it.
    ///   - spreads: the standard deviation of each channel's sky in units of `kept`.
    ///   - number: the stamp's number in the collection.
    ///   - repetition: tells this draw from others of the stamp in the same epoch.
    ///   - output: room for the stamp as the network sees it.
    public func write(
        kept: UnsafePointer<Float>, spreads: UnsafePointer<Float>, number: Int, epoch: Int, repetition: Int = 0,
        into output: UnsafeMutablePointer<Float>
    ) {
        let choice = choice(number: number, epoch: epoch, repetition: repetition)
        let layout = steps.layout
        let (count, channels) = (layout.pixels, layout.channels.count)
        let doubles = channels * count + steps.workDoubles
        let floats = layout.planeValues + 2 * count + stamp_shift_scratch(height, width)
        withTemporaryMemory(of: Double.self, count: doubles + (floats + 1) / 2) { memory in
            let planes = memory.baseAddress!, work = planes + channels * count
            let room = UnsafeMutableRawPointer(planes + doubles).bindMemory(to: Float.self, capacity: floats)
            let varied = room + layout.planeValues
            _ = steps.arranged(into: output, room: room) { result in
                for channel in 0..<channels {
                    move(kept + channel * count, by: choice, into: varied)
                    if choice.noise > 0 {
                        addNoise(
                            choice.noise * spreads[channel], channel, number: number, epoch: epoch,
                            repetition: repetition, to: varied)
                    }
                    stamp_widen(varied, count, planes + channel * count)
                }
                if !steps.normalize(planes, again: true, work: work, into: result) {
                    // A shift may have moved out all that was there: the stamp stays as it is, which is known to do.
                    stamp_widen(kept, channels * count, planes)
                    let isUsable = steps.normalize(planes, again: true, work: work, into: result)
                    precondition(isUsable, "stamp \(number) was good before")
                }
                if choice.contrast != 1 {
                    for channel in 0..<channels { stamp_contrast(result + channel * count, count, choice.contrast) }
                }
                if layout.hasMask {
                    move(kept + channels * count, by: choice, into: varied)
                    // A pixel that is more than half of filled ones counts as one.
                    stamp_threshold(varied, count)
                    (result + channels * count).update(from: varied, count: count)
                }
                return true
            }
        }
    }

    /// Symmetry and shift. Behind the plane, `output` has room for another and for the shift's scratch.
    private func move(
        _ plane: UnsafePointer<Float>, by choice: Choice, into output: UnsafeMutablePointer<Float>
    ) {
        let count = height * width
        guard let shift = choice.shift else {
            stamp_symmetry(plane, height, width, choice.symmetry, output)
            return
        }
        let other = output + count
        stamp_symmetry(plane, height, width, choice.symmetry, other)
        stamp_shift(other, height, width, shift.x, shift.y, other + count, output)
    }

    /// Adds normal noise to a plane, behind which there is room for another. Channel 0 has the numbers of a stamp with
    /// one channel.
    private func addNoise(
        _ deviation: Float, _ channel: Int, number: Int, epoch: Int, repetition: Int,
        to plane: UnsafeMutablePointer<Float>
    ) {
        let count = height * width
        // Four numbers a block: no plane has so many pixels that it reaches the blocks of the next repetition.
        // After 256 of these the epoch's word goes on, beyond the epochs that a run with so many has.
        let counter = [
            UInt32(truncatingIfNeeded: repetition) << 24, UInt32(truncatingIfNeeded: number),
            UInt32(truncatingIfNeeded: epoch) &+ (UInt32(truncatingIfNeeded: repetition >> 8) << 12),
            CounterBasedRandom.word(.augmentation, detail: 1 + channel),
        ]
        let key = [UInt32(truncatingIfNeeded: random.seed), UInt32(truncatingIfNeeded: random.seed >> 32)]
        standard_normals(counter, key, count, plane + count)
        stamp_add_scaled(plane, plane + count, count, deviation)
    }
}
