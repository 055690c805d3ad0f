import Files

/// Writes float32 arrays as `.npy` files, byte for byte as `numpy.save` does (format version 1.0, C order).
public enum NpyFile {
    /// Writes `floats` as an array of the given shape, atomically.
    ///
    /// - Throws: a `cannotWrite` fault.
    public static func write(floats: UnsafeBufferPointer<Float>, shape: [Int], to file: AtomicFile) throws {
        precondition(shape.reduce(1, *) == floats.count, "\(floats.count) floats are no array of shape \(shape)")
        try header(shape: shape).withUnsafeBytes { try file.write($0) }
        try file.write(UnsafeRawBufferPointer(floats))
        try file.commit()
    }

    /// Writes `floats` as an array of the given shape, atomically.
    public static func write(floats: [Float], shape: [Int], to file: AtomicFile) throws {
        try floats.withUnsafeBufferPointer { try write(floats: $0, shape: shape, to: file) }
    }

    /// Writes `floats` as an array of the given shape, atomically.
    public static func write(floats: UnsafeBufferPointer<Float>, shape: [Int], to path: String) throws {
        try write(floats: floats, shape: shape, to: AtomicFile(path))
    }

    /// Writes `floats` as an array of the given shape, atomically.
    public static func write(floats: [Float], shape: [Int], to path: String) throws {
        try write(floats: floats, shape: shape, to: AtomicFile(path))
    }

    /// The header of a float32 array, padded with spaces so that the elements start at a multiple of 64 bytes.
    ///
    /// As in numpy, its length does not depend on the length of the first axis, so that rows can be added later.
    package static func header(shape: [Int]) -> [UInt8] {
        let digitsOfAnyLength = 21
        var text = "{'descr': '<f4', 'fortran_order': False, 'shape': \(shapeText(shape)), }"
        if let rows = shape.first {
            text += String(repeating: " ", count: digitsOfAnyLength - String(rows).utf8.count)
        }
        let start = NpyHeader.magic.count + 4
        let padding = 64 - (start + text.utf8.count + 1) % 64
        text += String(repeating: " ", count: padding) + "\n"
        let length = text.utf8.count
        precondition(length <= Int(UInt16.max), "a shape of \(shape.count) axes")
        return NpyHeader.magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + text.utf8
    }
}

/// Writes a float32 `.npy` file row by row.
///
/// The complete file appears at `finish`; without `finish` nothing does.
public final class NpyWriter {
    /// The shape of one row: the file's shape is (rows, rowShape…).
    public let rowShape: [Int]
    /// Rows written so far.
    public private(set) var rows = 0
    private let file: AtomicFile
    private let floatsPerRow: Int
    private let expectedRows: Int?

    /// - Parameter rows: how many there will be; nil if that is not known beforehand, for a file that has no end yet.
    /// - Throws: a `cannotWrite` fault.
    public init(_ file: AtomicFile, rowShape: [Int], rows: Int? = nil) throws {
        self.rowShape = rowShape
        floatsPerRow = rowShape.reduce(1, *)
        precondition(floatsPerRow > 0, "rows of shape \(rowShape) hold nothing")
        (self.file, expectedRows) = (file, rows)
        try NpyFile.header(shape: [rows ?? 0] + rowShape).withUnsafeBytes { try file.write($0) }
    }

    /// - Throws: a `cannotWrite` fault when the folder does not exist or cannot be written.
    public convenience init(path: String, rowShape: [Int]) throws {
        try self.init(AtomicFile(path), rowShape: rowShape)
    }

    /// Adds one or more whole rows.
    public func append(_ floats: UnsafeBufferPointer<Float>) throws {
        precondition(floats.count % floatsPerRow == 0, "\(floats.count) floats are no rows of \(floatsPerRow)")
        try file.write(UnsafeRawBufferPointer(floats))
        rows += floats.count / floatsPerRow
    }

    /// Adds one or more whole rows.
    public func append(_ floats: [Float]) throws {
        try floats.withUnsafeBufferPointer { try append($0) }
    }

    /// Gives the header its number of rows and the file its name.
    public func finish() throws {
        precondition(expectedRows == nil || expectedRows == rows, "\(rows) rows, not \(expectedRows ?? 0)")
        if expectedRows == nil {
            try NpyFile.header(shape: [rows] + rowShape).withUnsafeBytes { try file.write($0, at: 0) }
        }
        try file.commit()
    }
}
