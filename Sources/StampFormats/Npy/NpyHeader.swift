import Faults
import Files

/// The header of a `.npy` file: element type, layout and shape.
///
/// Source: numpy's `numpy.lib.format`, versions 1.0 to 3.0. The header is the text of a Python dictionary with the keys
/// `descr`, `fortran_order` and `shape`; it is parsed, never evaluated.
struct NpyHeader {
    /// Headers that numpy writes for numbers are far shorter; a longer one is damaged.
    static let maximumByteCount = 1 << 20
    /// What every `.npy` file starts with.
    static let magic: [UInt8] = [0x93] + "NUMPY".utf8

    let elementType: ElementType
    let isFortranOrder: Bool
    let shape: [Int]
    let elementCount: Int
    /// Where the elements start, counted from the start of the file.
    let dataOffset: Int
    /// Bytes of all elements.
    let dataByteCount: Int

    /// Reads the header at the start of `bytes`, and checks it against the length of the file.
    ///
    /// - Parameters:
    ///   - bytes: the file, or enough of its start to hold the longest header.
    ///   - fileByteCount: the length of the whole file.
    ///   - name: what messages call the file.
    init(_ bytes: UnsafeRawBufferPointer, fileByteCount: Int, name: String) throws {
        let (fields, end) = try Self.fields(bytes, name: name)
        try self.init(fields, fields.elementType.get(), end: end, fileByteCount: fileByteCount, name: name)
    }

    /// The same; nil when the elements are no numbers that are read.
    init?(ofNumbers bytes: UnsafeRawBufferPointer, fileByteCount: Int, name: String) throws {
        let (fields, end) = try Self.fields(bytes, name: name)
        guard case .success(let elementType) = fields.elementType else { return nil }
        try self.init(fields, elementType, end: end, fileByteCount: fileByteCount, name: name)
    }

    private init(
        _ fields: NpyHeaderParser.Fields, _ elementType: ElementType, end: Int, fileByteCount: Int, name: String
    ) throws {
        self.elementType = elementType
        isFortranOrder = fields.isFortranOrder
        shape = fields.shape
        dataOffset = end
        (elementCount, dataByteCount) = try Self.size(of: fields.shape, elementType, name: name)
        try checkLength(fileByteCount, name: name)
    }

    /// What the header says, and where it ends.
    static func fields(
        _ bytes: UnsafeRawBufferPointer, name: String
    ) throws -> (fields: NpyHeaderParser.Fields, end: Int) {
        let text = try text(bytes, name: name)
        var parser = NpyHeaderParser(text: text.bytes, name: name)
        return (try parser.parse(), text.end)
    }

    /// Whether `bytes`, the start of a file, reach to the end of its header.
    static func isWhole(in bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 12, bytes.starts(with: magic) else { return false }
        let lengthBytes = bytes[6] == 1 ? 2 : 4
        return bytes.count >= 8 + lengthBytes + headerLength(bytes, lengthBytes: lengthBytes)
    }

    private static func headerLength(_ bytes: UnsafeRawBufferPointer, lengthBytes: Int) -> Int {
        (0..<lengthBytes).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    }

    /// The text of the header and where it ends.
    private static func text(
        _ bytes: UnsafeRawBufferPointer, name: String
    ) throws -> (bytes: [UInt8], end: Int) {
        guard !bytes.isEmpty else {
            throw Fault(.badData, name, "the file is empty", remedy: "save the array again with numpy.save")
        }
        guard bytes.starts(with: magic) else { throw ForeignArray.fault(bytes.prefix(1 << 12), name: name) }
        guard bytes.count >= 10 else { throw truncatedHeader(name) }
        let version = (bytes[6], bytes[7])
        guard (1...3).contains(version.0), version.1 == 0 else {
            throw Fault(
                .badData, name, "has .npy format version \(version.0).\(version.1), only 1.0 to 3.0 are known",
                remedy: "save the array again with numpy.save")
        }
        let lengthBytes = version.0 == 1 ? 2 : 4
        let start = 8 + lengthBytes
        guard bytes.count >= start else { throw truncatedHeader(name) }
        let length = headerLength(bytes, lengthBytes: lengthBytes)
        guard length <= maximumByteCount else {
            throw Fault(
                .badData, name, "claims a header of \(length) bytes", remedy: "save the array again with numpy.save")
        }
        guard bytes.count - start >= length else { throw truncatedHeader(name) }
        return (Array(bytes[start..<(start + length)]), start + length)
    }

    private static func truncatedHeader(_ name: String) -> Fault {
        Fault(.badData, name, "ends within its header", remedy: "copy the file again, or save the array again")
    }

    /// The number of elements and of their bytes.
    private static func size(
        of shape: [Int], _ elementType: ElementType, name: String
    ) throws -> (elements: Int, bytes: Int) {
        var size = (partialValue: 1, overflow: false)
        for length in shape where !size.overflow {
            size = size.partialValue.multipliedReportingOverflow(by: length)
        }
        let elements = size.partialValue
        if !size.overflow { size = elements.multipliedReportingOverflow(by: elementType.byteCount) }
        guard !size.overflow else {
            throw Fault(
                .badData, name, "claims the shape \(shapeText(shape)), which no computer can hold",
                remedy: "the header is damaged: save the array again")
        }
        return (elements, size.partialValue)
    }

    private func checkLength(_ fileByteCount: Int, name: String) throws {
        let present = fileByteCount - dataOffset
        guard present != dataByteCount else { return }
        let claim = "\(elementType) of shape \(shapeText(shape)) takes \(dataByteCount) bytes"
        if present < dataByteCount {
            throw Fault(
                .badData, name, "is truncated: \(claim) and only \(present) follow the header",
                remedy: "copy the file again, or save the array again")
        }
        throw Fault(
            .badData, name, "\(present - dataByteCount) bytes too many: \(claim) and \(present) follow the header",
            remedy: "keep one array a file, saved with numpy.save")
    }
}
