import Faults

/// Writes a zip archive whose members are stored as they are, each beginning at a multiple of 64 bytes, as PyTorch's
/// memory maps want. Members have the date of all zip files without one, 1980: equal members give equal bytes.
///
/// Source: PKWARE's APPNOTE.TXT 6.3.10; archives below 4 GiB with fewer than 65,535 members.
package struct ZipWriter {
    private let file: AtomicFile
    private var directory: [UInt8] = []
    private var memberCount: UInt16 = 0
    private var position = 0

    package init(_ file: AtomicFile) { self.file = file }

    /// Appends a member.
    ///
    /// - Throws: a `cannotWrite` fault, also for more than a zip archive of this kind holds.
    package mutating func append(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
        let bareHeader = 30 + name.utf8.count
        // The extra field that fills up to the next multiple has four bytes of its own.
        let padding = (64 - (position + bareHeader + 4) % 64) % 64
        guard position + bareHeader + 4 + padding + bytes.count < 1 << 32 - 1 << 20, memberCount < .max else {
            throw Fault(
                .cannotWrite, file.path, "has more than the 4 GiB of this format", remedy: "write it as .safetensors")
        }
        var checksum = CRC32()
        checksum.update(bytes)
        // Version 2.0, UTF-8 names, stored, 1980-01-01.
        var common: [UInt8] = []
        common.append(little: UInt16(20), UInt16(1 << 11), UInt16(0), UInt16(0), UInt16(0x21))
        common.append(little: checksum.value, UInt32(bytes.count), UInt32(bytes.count))
        common.append(little: UInt16(name.utf8.count))
        var header: [UInt8] = [0x50, 0x4B, 0x03, 0x04] + common
        header.append(little: UInt16(4 + padding))
        header += Array(name.utf8)
        header.append(little: UInt16(0x4246), UInt16(padding))
        header += [UInt8](repeating: 0, count: padding)
        directory += [0x50, 0x4B, 0x01, 0x02]
        directory.append(little: UInt16(20))
        directory += common
        directory.append(little: UInt16(0), UInt16(0), UInt16(0), UInt16(0), UInt32(0), UInt32(position))
        directory += Array(name.utf8)
        try header.withUnsafeBytes { try file.write($0) }
        try file.write(bytes)
        position += header.count + bytes.count
        memberCount += 1
    }

    /// Writes the directory and gives the file its name.
    package mutating func finish() throws {
        var end: [UInt8] = [0x50, 0x4B, 0x05, 0x06]
        end.append(little: UInt16(0), UInt16(0), memberCount, memberCount)
        end.append(little: UInt32(directory.count), UInt32(position), UInt16(0))
        try (directory + end).withUnsafeBytes { try file.write($0) }
        try file.commit()
    }
}

extension [UInt8] {
    /// Appends numbers of any widths, their least significant bytes first.
    fileprivate mutating func append<each Number: FixedWidthInteger>(little values: repeat each Number) {
        repeat append(littleBytesOf: each values)
    }

    private mutating func append(littleBytesOf value: some FixedWidthInteger) {
        for byte in 0..<(value.bitWidth / 8) { append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }
}
