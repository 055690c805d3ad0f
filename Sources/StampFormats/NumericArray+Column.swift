import Faults
import Files

/// One number for each stamp, or for each of some of them, in an array.
extension NumericArray {
    /// Refuses a text that names no array, where an option takes a column of a table or an array; and an array's file
    /// that is not there.
    ///
    /// - Parameter content: what the array is to hold.
    /// - Throws: `Fault(.usage)`, or a fault that names the file.
    package static func requireColumn(_ text: String, option: String, _ content: String) throws {
        guard NamedPart.has([".npy"], text.utf8) || NamedPart.split(text, endings: [".npz"]) != nil else {
            throw ForeignArray.tableFault(text, option: option)
                ?? Fault(
                    .usage, "\(option) \(text)", "names neither a column nor an array",
                    remedy: "give FILE.csv:COLUMN, or FILE.npy with \(content)")
        }
        try FileAccess.requireFile(StampFiles.file(of: text))
    }

    /// The numbers of an array (N), or of a column (N, 1); all finite.
    ///
    /// - Parameters:
    ///   - value: what messages call one of them.
    ///   - unit: what messages call that which has one.
    /// - Throws: as opening the array does; a `badData` fault when it is no column of finite numbers.
    package static func column(_ name: String, value: String, of unit: String) throws -> [Double] {
        try opened(name, value, unit).finite(of: unit)
    }

    /// The numbers of a column, NaN where there is none.
    ///
    /// - Returns: besides, the fault of the first one that is not a number.
    /// - Throws: as ``column(_:value:of:)``, but for NaN.
    package static func columnOrGaps(
        _ name: String, value: String, of unit: String
    ) throws -> (values: [Double], firstGap: Fault?) {
        try opened(name, value, unit).finiteOrGaps(of: unit)
    }

    /// The texts of such numbers, whole ones without a decimal point and however large.
    static func columnTexts(_ name: String, value: String, of unit: String) throws -> [String] {
        let array = try opened(name, value, unit)
        if let integers = try array.longIntegers { return integers }
        return try array.finite(of: unit).map { Int(exactly: $0).map(String.init) ?? "\($0)" }
    }

    private static func opened(_ name: String, _ value: String, _ unit: String) throws -> NumericArray {
        let array = try NumericArray(contentsOf: name)
        guard let first = array.shape.first, first == array.count else {
            throw noColumn(name, array.shape, value, unit)
        }
        return array
    }

    private func finite(of unit: String) throws -> [Double] {
        let (values, firstGap) = try finiteOrGaps(of: unit)
        if let firstGap { throw firstGap }
        return values
    }

    private func finiteOrGaps(of unit: String) throws -> (values: [Double], firstGap: Fault?) {
        let values = try self.values
        func fault(_ row: Int) -> Fault {
            Fault(
                .badData, name, "holds \(values[row]) for \(unit) \(row), which is no finite number",
                remedy: "give every \(unit) a number")
        }
        if let row = values.firstIndex(where: \.isInfinite) { throw fault(row) }
        return (values, values.firstIndex(where: \.isNaN).map(fault))
    }

    /// The elements where they are integers of 64 bits, not all of which a `Double` holds; nil for others.
    private var longIntegers: [String]? {
        get throws {
            let isSigned = elementType.format == .int64
            guard isSigned || elementType.format == .uint64 else { return nil }
            var elements = [UInt64](repeating: 0, count: count)
            try elements.withUnsafeMutableBytes { room in
                guard let start = room.baseAddress, !room.isEmpty else { return }
                try storage.copy(byteOffset..<byteOffset + room.count, to: start)
            }
            return elements.map { bits in
                let bits = elementType.isBigEndian ? bits.byteSwapped : bits
                return isSigned ? "\(Int64(bitPattern: bits))" : "\(bits)"
            }
        }
    }

    /// The fault of an array that is no column.
    static func noColumn(_ name: String, _ shape: [Int], _ value: String, _ unit: String) -> Fault {
        Fault(
            .badData, name, "holds an array of \(shapeText(shape)) instead of one \(value) for each \(unit)",
            remedy: "save one column of it alone")
    }
}
