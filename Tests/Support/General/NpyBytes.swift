/// A `.npy` file with any header text and any data.
package func npy(_ header: String, version: UInt8 = 1, data: Int = 0) -> [UInt8] {
    let text = Array(header.utf8) + [0x0A]
    let length = version == 1 ? littleEndian(UInt16(text.count)) : littleEndian(UInt32(text.count))
    return [0x93] + "NUMPY".utf8 + [version, 0] + length + text + [UInt8](repeating: 0, count: data)
}

package func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
