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
            throw Fault(
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
        let (values, firstGap) = try columnOrGaps(name, value: value, of: unit)
        if let firstGap { throw firstGap }
        return values
    }

    /// The numbers of a column, NaN where there is none.
    ///
    /// - Returns: besides, the fault of the first one that is not a number.
    /// - Throws: as ``column(_:value:of:)``, but for NaN.
    package static func columnOrGaps(
        _ name: String, value: String, of unit: String
    ) throws -> (values: [Double], firstGap: Fault?) {
        let array = try NumericArray(contentsOf: name)
        guard let first = array.shape.first, first == array.count else {
            throw noColumn(name, array.shape, value, unit)
        }
        let values = try array.values
        func fault(_ row: Int) -> Fault {
            Fault(
                .badData, name, "holds \(values[row]) for \(unit) \(row), which is no finite number",
                remedy: "give every \(unit) a number")
        }
        if let row = values.firstIndex(where: \.isInfinite) { throw fault(row) }
        return (values, values.firstIndex(where: \.isNaN).map(fault))
    }

    /// The fault of an array that is no column.
    static func noColumn(_ name: String, _ shape: [Int], _ value: String, _ unit: String) -> Fault {
        Fault(
            .badData, name, "holds an array of \(shapeText(shape)) instead of one \(value) for each \(unit)",
            remedy: "save one column of it alone")
    }
}
