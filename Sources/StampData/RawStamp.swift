import CKernels
import Tensors

/// One stamp as it is in its file, in memory of the `StampReader` that hands it out: valid only while it does so.
public struct RawStamp {
    /// The stamp's number in its collection.
    public let number: Int
    /// (height, width, channels), row by row.
    public let values: BufferView<Double>
    let steps: PlanePreparation
    /// `scratchCount` doubles.
    let scratch: MutableBufferView<Double>

    /// Doubles of scratch memory beside the values: the planes, what normalising takes, the planes once normalised, and
    /// a network's input.
    static func scratchCount(_ steps: PlanePreparation) -> Int {
        steps.planeDoubles + steps.workDoubles + (floatCount(steps) + 1) / 2
    }

    private static func floatCount(_ steps: PlanePreparation) -> Int {
        steps.layout.planeValues + steps.layout.inputValues
    }

    private var copy: UnsafeMutablePointer<Double> { scratch.pointer(steps.planeDoubles) }
    private var work: UnsafeMutablePointer<Double> { scratch.pointer(steps.workDoubles, at: steps.planeDoubles) }
    /// Room for all planes in single precision, and behind them for a network's input.
    private var floats: UnsafeMutablePointer<Float> {
        let count = Self.floatCount(steps)
        return UnsafeMutableRawPointer(
            scratch.pointer((count + 1) / 2, at: steps.planeDoubles + steps.workDoubles)
        ).bindMemory(to: Float.self, capacity: count)
    }

    /// Takes the stamp's channels and what was filled of them; nil where a channel has nothing to fill with.
    private func planes(mask output: UnsafeMutablePointer<Float>?) -> UnsafePointer<Double>? {
        steps.planes(of: values.pointer(values.count), copy: copy, mask: output, work: work)
    }

    /// Where the mask is among planes of single precision.
    private func mask(of planes: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float>? {
        steps.layout.hasMask ? planes + steps.layout.channels.count * steps.layout.pixels : nil
    }

    /// Writes the stamp as the network sees it, or as it is kept until it is augmented.
    ///
    /// - Parameters:
    ///   - target: room for `StampReader.valueCount` floats, or for `StampReader.keptCount` of a stamp that will be
    ///     augmented; undefined when the result is false.
    ///   - spreads: nil for the stamp as the network sees it. For a stamp that will be augmented, where the standard
    ///     deviation of each channel's sky goes, in units of what is kept: NaN when the result is false.
    ///   - symmetry: how a stamp as the network sees it is turned, one of `StampReader.symmetries`.
    /// - Returns: whether the stamp can be used.
    public func write(
        to target: MutableFloatView, spreads: UnsafeMutablePointer<Float>? = nil, turnedBy symmetry: UInt32 = 0
    ) -> Bool {
        guard let spreads else {
            return steps.arranged(into: target.pointer(steps.layout.inputValues), room: floats) { output in
                guard let planes = planes(mask: mask(of: output)) else { return false }
                guard steps.normalize(planes, work: work, into: output) else { return false }
                if symmetry != 0 { steps.turn(output, by: symmetry) }
                return true
            }
        }
        let output = target.pointer(steps.layout.planeValues)
        guard let planes = planes(mask: mask(of: output)),
            steps.keep(planes, work: work, into: output, spreads: spreads)
        else {
            spreads.update(repeating: .nan, count: steps.layout.channels.count)
            return false
        }
        return true
    }

    /// Whether the stamp can be normalised.
    public var isUsable: Bool {
        let count = steps.layout.inputValues
        return write(to: MutableFloatView(floats + steps.layout.planeValues, count: count))
    }

    /// The first channel that cannot be normalised by itself; nil where there is none, or none can be told apart.
    public var firstUnusableChannel: Int? {
        guard let planes = planes(mask: mask(of: floats)) else { return nil }
        return steps.firstUnusable(of: planes, work: work, room: floats)
    }

    /// Mean and squares of what `standard` measures as one: of each channel, or of the whole stamp.
    ///
    /// - Parameter moments: room for `StampReader.momentCount`.
    /// - Returns: whether the stamp can be used: all pixels are finite once filled.
    public func measure(into moments: UnsafeMutablePointer<PixelMoments>) -> Bool {
        guard let planes = planes(mask: mask(of: floats)) else { return false }
        return steps.measure(planes, into: moments)
    }

    /// Calls `body` with the first channel that is taken, as it is in the file: (height, width) of its stamps.
    public func withFirstChannel<Value>(_ body: (UnsafePointer<Double>) throws -> Value) rethrows -> Value {
        let layout = steps.layout
        guard layout.fileChannels > 1 else { return try body(values.pointer(values.count)) }
        let count = layout.fileHeight * layout.fileWidth
        return try withTemporaryMemory(of: Double.self, count: count) { plane in
            stamp_take_plane(
                values.pointer(values.count) + layout.channels[0], layout.fileWidth * layout.fileChannels,
                layout.fileChannels, layout.fileHeight, layout.fileWidth, plane.baseAddress!)
            return try body(plane.baseAddress!)
        }
    }
}
