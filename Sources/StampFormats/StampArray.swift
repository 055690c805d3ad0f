import Faults
import Files

/// The stamps of one file: N images of one size and as many channels, in any number format and layout, read as
/// `Double`.
///
/// Accepted shapes are (N, height, width), (N, height, width, channels), (N, channels, height, width), (side, side) of
/// one stamp, and (N, pixels) with a perfect square of pixels (``StampLayout``); of a FITS file, cubes and lists of
/// image HDUs. Nothing is copied until a stamp is requested, and many threads may read at once.
public struct StampArray: Sendable {
    /// The file, as it was named.
    public let path: String
    /// The number of stamps, at least 1.
    public let count: Int
    /// Rows of a stamp.
    public let height: Int
    /// Columns of a stamp.
    public let width: Int
    /// Values of each pixel.
    public let channels: Int
    /// What the file calls the channels; nil if it does not.
    public let channelNames: [String]?
    /// height · width · channels.
    public var valuesPerStamp: Int { height * width * channels }
    let pixels: Pixels

    /// The pixels, in the form of their file.
    enum Pixels {
        /// An array that holds the channels of a pixel side by side, as stamps are read, or there is one.
        case interleaved(NumericArray)
        /// An array that holds each channel of a stamp as an image of its own.
        case planar(NumericArray)
        case images(FITSImages)
        /// Channels from files of their own.
        case channels([StampRun])
    }

    /// The stamps of an array.
    ///
    /// - Parameter layout: what its axes mean where that is open; nil to refuse it then.
    /// - Throws: a `badData` fault when it holds no stamps or something other than stamps.
    public init(array: NumericArray, path: String, layout: StampLayout? = nil) throws {
        let readings = try StampShape.readings(of: array.shape, layout: layout, name: array.name)
        self.init(array, try StampShape.only(readings, of: array), path: path)
    }

    /// The stamps of an array whose axes are known to be (N, height, width, channels).
    package init(interleaved array: NumericArray, path: String) {
        let shape = array.shape
        precondition(shape.count == 4, "\(shape) are not four axes")
        self.init(
            array, StampShape(count: shape[0], height: shape[1], width: shape[2], channels: shape[3]), path: path)
    }

    /// The stamps of an array that is read in one of the possible ways.
    init(_ array: NumericArray, _ shape: StampShape, path: String) {
        self.path = path
        (count, height, width, channels) = (shape.count, shape.height, shape.width, shape.channels)
        channelNames = nil
        pixels = shape.layout == .nchw && shape.channels > 1 ? .planar(array) : .interleaved(array)
    }

    init(images: FITSImages, path: String) {
        self.path = path
        (count, height, width, channels) = (images.count, images.height, images.width, images.channels.count)
        channelNames = images.names
        pixels = .images(images)
    }

    /// Copies the values of a range of stamps, stamp by stamp, row by row, pixel by pixel and there channel by channel,
    /// to `destination`, which has room for `valuesPerStamp` of each.
    ///
    /// - Throws: a `missingInput` fault when the file cannot be opened or read any more, `badData` when it has changed.
    public func copyStamps(_ stamps: Range<Int>, into destination: UnsafeMutablePointer<Double>) throws {
        let elements = elements(of: stamps)
        let room = UnsafeMutableBufferPointer(start: destination, count: elements.count)
        switch pixels {
        case .interleaved(let array): try array.copy(elements, into: room)
        case .planar(let array):
            try array.copy(elements, into: room)
            room.interleave(channels: channels, valuesPerStamp: valuesPerStamp)
        case .images(let images): try images.copyStamps(stamps, into: room)
        case .channels(let runs):
            var next = 0
            for run in runs {
                try room.fillChannels(next..<next + run.channels, of: channels) {
                    try run.copyStamps(stamps, into: $0)
                }
                next += run.channels
            }
        }
    }

    /// Copies the values of one stamp.
    ///
    /// - Throws: as `copyStamps` does.
    public func copyStamp(_ index: Int, into destination: UnsafeMutablePointer<Double>) throws {
        try copyStamps(index..<index + 1, into: destination)
    }

    /// Tells the system that a stamp will be read soon.
    ///
    /// - Throws: as `copyStamps` does.
    public func willReadStamp(_ index: Int) throws {
        let elements = elements(of: index..<index + 1)
        switch pixels {
        case .interleaved(let array), .planar(let array): try array.willRead(elements)
        case .images(let images): try images.willReadStamp(index)
        case .channels(let runs): for run in runs { try run.willReadStamp(index) }
        }
    }

    private func elements(of stamps: Range<Int>) -> Range<Int> {
        precondition(
            stamps.lowerBound >= 0 && stamps.upperBound <= count, "stamps \(stamps) of \(count) in \(path)")
        return stamps.lowerBound * valuesPerStamp..<stamps.upperBound * valuesPerStamp
    }
}
