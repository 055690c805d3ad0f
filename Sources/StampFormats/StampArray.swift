import Faults
import Files

/// The stamps of one file: N images of one size, in any number format and layout, read as `Double`.
///
/// Accepted shapes are (N, height, width), (N, height, width, 1), (side, side) of one stamp, and (N, pixels) with a
/// perfect square of pixels; of a FITS file, cubes and lists of image HDUs. Nothing is copied until a stamp is
/// requested, and many threads may read at once.
public struct StampArray: Sendable {
    /// The file, as it was named.
    public let path: String
    /// The number of stamps, at least 1.
    public let count: Int
    /// Rows of a stamp.
    public let height: Int
    /// Columns of a stamp.
    public let width: Int
    /// height · width.
    public var pixelsPerStamp: Int { height * width }
    let pixels: Pixels

    /// The pixels, in the form of their file.
    enum Pixels {
        case array(NumericArray)
        case images(FITSImages)
    }

    /// Opens a `.npy` file, a member of a `.npz` file (`FILE.npz:NAME`; a file's only array, or the only one
    /// with the shape of stamps, need not be named), or the images of a FITS file (`FILE.fits:NAME` for those whose
    /// EXTNAME is or matches NAME, or for one HDU by its number; images of one kind need not be named).
    ///
    /// The format is recognised by the file's first bytes, not by its name.
    ///
    /// - Throws: a `missingInput` fault when the file is missing, `badData` when it is damaged, holds no stamps or
    ///   something other than stamps; `usage` for a FITS file in a build without FITS support.
    public init(contentsOf path: String) throws {
        let (file, selection) = FITSImages.split(path)
        let name = selection == nil ? NumericArray.split(path).file : file
        guard let ranged = try RangedFile.regular(name) else {
            try self.init(ReadOnlyBytes.contents(of: name), path: path, file: file, selection: selection)
            return
        }
        let prefix = try ranged.prefix(NumericArray.page)
        if prefix.withUnsafeBytes(FITSImages.isFITS) {
            let images = try FITSImages(
                ReadOnlyBytes.contents(of: name), in: ranged, file: file, selecting: selection)
            self.init(images: images, path: path)
        } else {
            try Self.refuseAsFITS(file)
            let array = try NumericArray(in: ranged, prefix: prefix, path: path, choosing: Self.isShapeOfStamps)
            try self.init(array: array, path: path)
        }
    }

    /// Opens the stamps in a copy of a file's bytes; `name` is what messages call the file.
    ///
    /// - Throws: as the file would.
    package init(copying bytes: UnsafeRawBufferPointer, name: String) throws {
        try self.init(ReadOnlyBytes.copying(bytes, name), path: name, file: name, selection: nil)
    }

    private init(_ storage: ReadOnlyBytes, path: String, file: String, selection: String?) throws {
        if FITSImages.isFITS(storage.bytes) {
            let images = try FITSImages(storage, in: nil, file: file, selecting: selection)
            self.init(images: images, path: path)
        } else {
            try Self.refuseAsFITS(file)
            try self.init(array: NumericArray(storage, path: path, choosing: Self.isShapeOfStamps), path: path)
        }
    }

    /// Refuses a file that is named like a FITS file but is not one.
    private static func refuseAsFITS(_ file: String) throws {
        guard NamedPart.has(FITSImages.nameEndings, file.utf8) else { return }
        throw Fault(
            .badData, file, "is not a FITS file: it does not start with SIMPLE",
            remedy: "name a FITS file, or give the file the name of its own format")
    }

    /// The side of the stamp that an array of two equal axes may be.
    private static func sideOfOneStamp(_ shape: [Int]) -> Int? {
        shape.count == 2 && shape[0] == shape[1] && shape[0] > 0 ? shape[0] : nil
    }

    private static func isShapeOfStamps(_ shape: [Int]) -> Bool { stampSize(of: shape) != nil }

    init(images: FITSImages, path: String) {
        self.path = path
        pixels = .images(images)
        (count, height, width) = (images.count, images.height, images.width)
    }

    /// The stamps of an array.
    ///
    /// - Throws: a `badData` fault when it holds no stamps or something other than stamps.
    public init(array: NumericArray, path: String) throws {
        pixels = .array(array)
        self.path = path
        if let side = Self.sideOfOneStamp(array.shape) {
            let flat = Int(Double(side).squareRoot())
            guard flat * flat != side || side == 1 else {
                throw Fault(
                    .badData, array.name,
                    """
                    has the shape \(shapeText(array.shape)), which may be one stamp of \(side)×\(side) or \(side) of \
                    \(flat)×\(flat)
                    """,
                    remedy: "save it as (1, \(side), \(side)) or (\(side), \(flat), \(flat))")
            }
            (count, height, width) = (1, side, side)
            return
        }
        guard let size = Self.stampSize(of: array.shape) else {
            throw Fault(
                .badData, array.name, "has the shape \(shapeText(array.shape)), which is not one of stamps",
                remedy: "save it as (N, height, width), (N, height, width, 1) or (N, pixels) of square stamps")
        }
        count = array.shape[0]
        (height, width) = size
        guard count > 0 else {
            throw Fault(
                .badData, array.name, "holds no stamps: its shape is \(shapeText(array.shape))",
                remedy: "name a file with at least one stamp")
        }
    }

    /// Copies the pixels of a range of stamps, stamp by stamp and row by row, to `destination`, which has room for
    /// `pixelsPerStamp` of each.
    ///
    /// - Throws: a `missingInput` fault when the file cannot be opened or read any more, `badData` when it has changed.
    public func copyStamps(_ stamps: Range<Int>, into destination: UnsafeMutablePointer<Double>) throws {
        let elements = elements(of: stamps)
        let room = UnsafeMutableBufferPointer(start: destination, count: elements.count)
        switch pixels {
        case .array(let array): try array.copy(elements, into: room)
        case .images(let images): try images.copy(elements, into: room)
        }
    }

    /// Copies the pixels of one stamp.
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
        case .array(let array): try array.willRead(elements)
        case .images(let images): try images.willRead(elements)
        }
    }

    private func elements(of stamps: Range<Int>) -> Range<Int> {
        precondition(
            stamps.lowerBound >= 0 && stamps.upperBound <= count, "stamps \(stamps) of \(count) in \(path)")
        return stamps.lowerBound * pixelsPerStamp..<stamps.upperBound * pixelsPerStamp
    }

    /// Height and width of the stamps in an array of this shape; nil when it is not an array of stamps.
    private static func stampSize(of shape: [Int]) -> (height: Int, width: Int)? {
        let size: (height: Int, width: Int)
        switch shape.count {
        case 2:
            let side = Int(Double(shape[1]).squareRoot())
            guard side * side == shape[1] else { return nil }
            size = (side, side)
        case 3: size = (shape[1], shape[2])
        case 4 where shape[3] == 1: size = (shape[1], shape[2])
        default: return nil
        }
        return size.height > 0 && size.width > 0 ? size : nil
    }
}
