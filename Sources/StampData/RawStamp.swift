import Tensors

/// One stamp as it is in its file, in memory of the `StampReader` that hands it out: valid only while it does so.
public struct RawStamp {
    /// The stamp's number in its collection.
    public let number: Int
    /// (height, width), row by row.
    public let pixels: BufferView<Double>
    let normalization: Normalization
    /// `scratchCount` doubles.
    let scratch: MutableBufferView<Double>

    /// Doubles of scratch memory beside the pixels: what normalising takes, and a stamp of floats.
    static func scratchCount(pixels: Int) -> Int { normalizationCount(pixels) + (pixels + 1) / 2 }

    /// What `Normalization.prepareForAugmentation` needs, which is more than `apply` does.
    private static func normalizationCount(_ pixels: Int) -> Int { 3 * pixels }

    /// Writes the stamp as the network sees it, or as it is kept until it is augmented.
    ///
    /// - Parameters:
    ///   - target: room for the stamp's pixels; undefined when the result is false.
    ///   - spread: nil for the stamp as the network sees it (`Normalization.apply`). For a stamp that will be
    /// augmented,
    ///     where the standard deviation of its sky goes (`Normalization.prepareForAugmentation`): NaN when the result
    ///     is false.
    /// - Returns: whether the stamp can be used.
    public func write(to target: MutableFloatView, spread: UnsafeMutablePointer<Float>? = nil) -> Bool {
        let count = pixels.count
        let memory = scratch.pointer(Self.normalizationCount(count))
        guard let spread else {
            return normalization.apply(
                pixels: pixels.pointer(count), count: count, scratch: memory, into: target.pointer(count))
        }
        let deviation = normalization.prepareForAugmentation(
            pixels: pixels.pointer(count), count: count, scratch: memory, into: target.pointer(count))
        spread.pointee = deviation ?? .nan
        return deviation != nil
    }

    /// Whether the stamp can be normalised.
    public var isUsable: Bool {
        let floats = UnsafeMutableRawPointer(
            scratch.pointer((pixels.count + 1) / 2, at: Self.normalizationCount(pixels.count)))
        return write(
            to: MutableFloatView(floats.bindMemory(to: Float.self, capacity: pixels.count), count: pixels.count))
    }
}
