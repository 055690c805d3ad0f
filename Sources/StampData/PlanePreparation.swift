import CKernels
import Preparation
import Tensors

/// The steps of a preparation: from a stamp's values to its channels' planes, normalised planes, and a network's input.
///
/// Planes of single precision lie one behind the other, the mask last. Where a step has nothing to do, memory is handed
/// on as it is: a stamp of one channel is normalised from where it was read to where it is wanted.
struct PlanePreparation: Sendable {
    let layout: PlaneLayout
    let normalization: Normalization
    let scope: NormalizationScope
    private let fill: stamp_fill?

    init(_ preparation: StampPreparation, _ layout: PlaneLayout) {
        self.layout = layout
        normalization = preparation.normalization
        // One channel is the whole stamp.
        scope = layout.channels.count == 1 ? .channel : preparation.scope
        fill =
            switch preparation.fill {
            case nil: nil
            case .zero?: STAMP_FILL_ZERO
            case .median?: STAMP_FILL_MEDIAN
            case .minimum?: STAMP_FILL_MINIMUM
            }
    }

    private var channels: Int { layout.channels.count }
    private var isCopied: Bool { !layout.fileIsPlane || fill != nil }

    /// Pixels that are normalised as one, and how often that is done.
    private var parts: (pixels: Int, count: Int) {
        scope == .stamp ? (channels * layout.pixels, 1) : (layout.pixels, channels)
    }

    // MARK: Room

    /// Doubles for the planes of a stamp; 0 where the file's stamp is the plane.
    var planeDoubles: Int { isCopied ? channels * layout.pixels : 0 }
    /// Doubles that all steps work in, one after the other.
    var workDoubles: Int {
        max(3 * parts.pixels, fill == nil ? 0 : 4 * layout.fileHeight * layout.fileWidth + (filePixels + 1) / 2)
    }

    private var filePixels: Int { layout.fileHeight * layout.fileWidth }

    // MARK: Steps

    /// Takes the chosen channels out of a stamp, fills and crops them.
    ///
    /// - Parameters:
    ///   - values: the stamp as it is in its file.
    ///   - copy: room for `planeDoubles`.
    ///   - mask: room for a plane, where there is a mask.
    ///   - work: room for `workDoubles`.
    /// - Returns: the planes; nil where a channel has no pixel to fill with.
    func planes(
        of values: UnsafePointer<Double>, copy: UnsafeMutablePointer<Double>, mask: UnsafeMutablePointer<Float>?,
        work: UnsafeMutablePointer<Double>
    ) -> UnsafePointer<Double>? {
        guard isCopied else {
            mask?.update(repeating: 0, count: layout.pixels)
            return values
        }
        let stride = layout.fileWidth * layout.fileChannels
        guard let fill else {
            mask?.update(repeating: 0, count: layout.pixels)
            for (place, channel) in layout.channels.enumerated() {
                stamp_take_plane(
                    values + layout.top * stride + layout.left * layout.fileChannels + channel, stride,
                    layout.fileChannels, layout.height, layout.width, copy + place * layout.pixels)
            }
            return UnsafePointer(copy)
        }
        let (whole, scratch) = (work, work + filePixels)
        let filled = UnsafeMutableRawPointer(work + 4 * filePixels).bindMemory(to: Float.self, capacity: filePixels)
        filled.update(repeating: 0, count: filePixels)
        let first = layout.top * layout.fileWidth + layout.left
        for (place, channel) in layout.channels.enumerated() {
            stamp_take_plane(
                values + channel, stride, layout.fileChannels, layout.fileHeight, layout.fileWidth, whole)
            guard stamp_fill_plane(whole, filePixels, fill, scratch, filled) else { return nil }
            stamp_take_plane(
                whole + first, layout.fileWidth, 1, layout.height, layout.width, copy + place * layout.pixels)
        }
        if let mask {
            for row in 0..<layout.height {
                (mask + row * layout.width).update(from: filled + first + row * layout.fileWidth, count: layout.width)
            }
        }
        return UnsafePointer(copy)
    }

    /// Normalises planes.
    ///
    /// - Parameters:
    ///   - isAgain: whether they were normalised before, or are as `keep` left them.
    ///   - work: room for `workDoubles`.
    /// - Returns: whether they can be.
    func normalize(
        _ planes: UnsafePointer<Double>, again isAgain: Bool = false, work: UnsafeMutablePointer<Double>,
        into output: UnsafeMutablePointer<Float>
    ) -> Bool {
        let (pixels, count) = parts
        let normalization = isAgain ? normalization.again : normalization
        for part in 0..<count {
            guard
                normalization.apply(
                    pixels: planes + part * pixels, count: pixels, channel: part, scratch: work,
                    into: output + part * pixels)
            else { return false }
        }
        return true
    }

    /// The first channel that cannot be normalised by itself.
    func firstUnusable(
        of planes: UnsafePointer<Double>, work: UnsafeMutablePointer<Double>, room: UnsafeMutablePointer<Float>
    ) -> Int? {
        guard scope == .channel else { return nil }
        return (0..<channels).first { channel in
            !normalization.apply(
                pixels: planes + channel * layout.pixels, count: layout.pixels, channel: channel, scratch: work,
                into: room)
        }
    }

    /// Puts planes into the form from which they are augmented.
    ///
    /// - Parameters:
    ///   - work: room for `workDoubles`.
    ///   - spreads: where the standard deviation of each channel's sky goes, in units of what is kept.
    /// - Returns: whether they can be normalised.
    func keep(
        _ planes: UnsafePointer<Double>, work: UnsafeMutablePointer<Double>, into output: UnsafeMutablePointer<Float>,
        spreads: UnsafeMutablePointer<Float>
    ) -> Bool {
        let pixels = layout.pixels
        guard scope == .stamp else {
            for channel in 0..<channels {
                guard
                    let spread = normalization.prepareForAugmentation(
                        pixels: planes + channel * pixels, count: pixels, channel: channel, scratch: work,
                        into: output + channel * pixels)
                else { return false }
                spreads[channel] = spread
            }
            return true
        }
        guard normalization.keep(pixels: planes, count: channels * pixels, scratch: work, into: output) else {
            return false
        }
        for channel in 0..<channels {
            stamp_widen(output + channel * pixels, pixels, work + 2 * pixels)
            guard let spread = Normalization.spread(of: work + 2 * pixels, count: pixels, scratch: work) else {
                return false
            }
            spreads[channel] = spread
        }
        return true
    }

    /// Puts normalised planes together to a network's input, zeros around.
    func arrange(_ planes: UnsafePointer<Float>, into input: UnsafeMutablePointer<Float>) {
        let stride = layout.inputWidth * layout.planes
        if (layout.height, layout.width) != (layout.inputHeight, layout.inputWidth) {
            input.update(repeating: 0, count: layout.inputValues)
        }
        for plane in 0..<layout.planes {
            stamp_put_plane(
                planes + plane * layout.pixels, layout.height, layout.width, stride, layout.planes,
                input + layout.inputTop * stride + layout.inputLeft * layout.planes + plane)
        }
    }

    /// Turns and mirrors all planes, and the mask with them, as training's augmentation does.
    func turn(_ planes: UnsafeMutablePointer<Float>, by symmetry: UInt32) {
        withTemporaryMemory(of: Float.self, count: layout.pixels) { turned in
            for plane in 0..<layout.planes {
                let plane = planes + plane * layout.pixels
                stamp_symmetry(plane, layout.height, layout.width, symmetry, turned.baseAddress!)
                plane.update(from: turned.baseAddress!, count: layout.pixels)
            }
        }
    }

    /// Has `body` write planes of single precision, and puts them together in `input`.
    ///
    /// - Parameter room: for the values of all planes; not looked at where the only plane is the input.
    /// - Returns: what `body` does.
    func arranged(
        into input: UnsafeMutablePointer<Float>, room: UnsafeMutablePointer<Float>,
        _ body: (UnsafeMutablePointer<Float>) -> Bool
    ) -> Bool {
        if layout.planeIsInput { return body(input) }
        guard body(room) else { return false }
        arrange(room, into: input)
        return true
    }

    /// Mean and squares of each part of some planes, as `StandardScaling` is measured by; false when a pixel is not
    /// finite.
    func measure(_ planes: UnsafePointer<Double>, into moments: UnsafeMutablePointer<PixelMoments>) -> Bool {
        let (pixels, count) = parts
        for part in 0..<count {
            guard let found = PixelMoments(planes + part * pixels, count: pixels) else { return false }
            moments[part] = found
        }
        return true
    }

    /// How many moments `measure` gives.
    var momentCount: Int { parts.count }
}
