import Faults
import Files

/// Texts in a `.npy` file: numpy's dtypes `U` (UTF-32) and `S` (bytes), without the zeros that fill each of them up.
enum NpyTexts {
    /// - Returns: nil when the array is none of texts.
    /// - Throws: `Fault` when the file is damaged, or holds something other than one text for each stamp.
    static func read(_ path: String) throws -> [String]? {
        guard NamedPart.has([".npy"], path.utf8) else { return nil }
        let storage = try ReadOnlyBytes.contents(of: path)
        return try withExtendedLifetime(storage) {
            let (fields, start) = try NpyHeader.fields(storage.bytes, name: path)
            guard let type = fields.textType else { return nil }
            let size = fields.shape.reduce((partialValue: type.byteCount, overflow: false)) {
                $0.overflow ? $0 : $0.partialValue.multipliedReportingOverflow(by: $1)
            }
            guard !size.overflow, size.partialValue == storage.bytes.count - start else {
                throw Fault(
                    .badData, path,
                    "is damaged: texts of shape \(shapeText(fields.shape)) do not take the bytes it has",
                    remedy: "copy the file again, or save the array again")
            }
            guard let count = fields.shape.first, fields.shape.dropFirst().allSatisfy({ $0 == 1 }) else {
                throw NumericArray.noColumn(path, fields.shape, "value", "stamp")
            }
            return try (0..<count).map { row in
                let bytes = UnsafeRawBufferPointer(
                    rebasing: storage.bytes[start + row * type.byteCount..<start + (row + 1) * type.byteCount])
                guard let text = type.text(bytes) else {
                    throw Fault(
                        .badData, path, "holds something other than text for stamp \(row)",
                        remedy: "save the array again with numpy.save")
                }
                return text
            }
        }
    }
}

/// How a `.npy` file stores texts.
struct NpyTextType {
    /// Whether a character takes four bytes (`U`) instead of one (`S`).
    let isUnicode: Bool
    let isBigEndian: Bool
    /// Characters of the longest text.
    let length: Int

    var byteCount: Int { isUnicode ? 4 * length : length }

    /// The type that a numpy type string such as `<U12` or `|S8` means; nil for any other.
    init?(numpyDescription description: String) {
        var code = Substring(description)
        isBigEndian = code.first == ">"
        if let order = code.first, "<>|=".contains(order) { code.removeFirst() }
        guard let kind = code.popFirst(), kind == "U" || kind == "S", let length = Int(code), length >= 0,
            length <= 1 << 24
        else { return nil }
        isUnicode = kind == "U"
        self.length = length
    }

    /// The text in some bytes; nil when they are none.
    func text(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard isUnicode else {
            let end = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
            return String(validating: bytes[..<end], as: UTF8.self)
        }
        var scalars = String.UnicodeScalarView()
        for place in stride(from: 0, to: bytes.count, by: 4) {
            let value = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
            guard let scalar = Unicode.Scalar(isBigEndian ? value.byteSwapped : value) else { return nil }
            scalars.append(scalar)
        }
        while scalars.last?.value == 0 { scalars.removeLast() }
        return String(scalars)
    }
}
