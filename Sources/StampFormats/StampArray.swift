import Faults

/// The stamps of one file: N images of one size, in any number format and layout, read as `Double`.
///
/// Accepted shapes are (N, height, width), (N, height, width, 1) and (N, pixels) with a perfect square of pixels.
/// Nothing is copied until a stamp is asked for, and many threads may read at once.
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
    /// The file's own shape and number format.
    public let array: NumericArray

    /// Opens a `.npy` file, or a member of a `.npz` file (`FILE.npz:NAME`; a file's only array, or the only one
    /// with the shape of stamps, need not be named).
    ///
    /// - Throws: a `missingInput` fault when the file is not there, `badData` when it is damaged, holds no stamps or
    ///   something else than stamps.
    public init(contentsOf path: String) throws {
        try self.init(
            array: NumericArray(contentsOf: path, choosing: { Self.stampSize(of: $0) != nil }), path: path)
    }

    /// The stamps of an array.
    ///
    /// - Throws: a `badData` fault when it holds no stamps or something else than stamps.
    public init(array: NumericArray, path: String) throws {
        self.array = array
        self.path = path
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
        try array.copy(elements, into: UnsafeMutableBufferPointer(start: destination, count: elements.count))
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
    public func willReadStamp(_ index: Int) throws { try array.willRead(elements(of: index..<index + 1)) }

    private func elements(of stamps: Range<Int>) -> Range<Int> {
        precondition(
            stamps.lowerBound >= 0 && stamps.upperBound <= count, "stamps \(stamps) of \(count) in \(path)")
        return stamps.lowerBound * pixelsPerStamp..<stamps.upperBound * pixelsPerStamp
    }

    /// Height and width of the stamps in an array of this shape; nil when it is no array of stamps.
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
