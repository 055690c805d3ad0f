import Faults

/// The directory of a zip archive, as `.npz` files are: where each member lies and how it is stored.
///
/// Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3 (zip64). Everything an archive claims is checked against
/// its length. Members may be stored or deflated; encrypted archives and those of several volumes are refused.
package struct ZipArchive {
    /// One file of the archive.
    package struct Member {
        package enum Compression {
            case stored
            case deflated
            /// In a way that is not read, which the text names. No reason to refuse the other members.
            case unreadable(String)
        }

        package let name: String
        package let compression: Compression
        /// Where the member's bytes lie in the archive.
        package let location: Range<Int>
        /// Its length once inflated, as the archive claims.
        package let byteCount: Int
        let checksum: UInt32

        /// Whether the archive holds its bytes as they are.
        package var isStored: Bool { if case .stored = compression { true } else { false } }
        /// Whether its bytes can be had.
        package var isReadable: Bool { if case .unreadable = compression { false } else { true } }
    }

    package let path: String
    package let members: [Member]
    package let storage: ReadOnlyBytes
    let remedy: String

    /// What an archive starts with: a member, or the end of an empty archive.
    package static func isArchive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || bytes.starts(with: [0x50, 0x4B, 0x05, 0x06])
    }

    /// - Parameters:
    ///   - storage: the bytes of the archive.
    ///   - path: what messages call it.
    ///   - remedy: how an archive of its kind is made again.
    /// - Throws: a `badData` fault when it is damaged.
    package init(
        _ storage: ReadOnlyBytes, path: String,
        remedy: String = "save the arrays again with numpy.savez or numpy.savez_compressed"
    ) throws {
        self.path = path
        self.storage = storage
        self.remedy = remedy
        members = try ZipDirectoryReader(bytes: storage.bytes, path: path, remedy: remedy).members()
    }
}

/// Finds and reads the central directory of a zip archive.
private struct ZipDirectoryReader {
    let bytes: UnsafeRawBufferPointer
    let path: String
    let remedy: String

    private struct Directory {
        let location: Range<Int>
        let memberCount: Int
    }

    func members() throws -> [ZipArchive.Member] {
        let directory = try findDirectory()
        var members: [ZipArchive.Member] = []
        var names: Set<String> = []
        var position = directory.location.lowerBound
        for _ in 0..<directory.memberCount {
            let member = try member(at: &position, before: directory.location.upperBound)
            guard names.insert(member.name).inserted else { throw damaged("two members are called \(member.name)") }
            members.append(member)
        }
        try checkThatNoneOverlap(members)
        return members
    }

    /// Members that share bytes would let a small archive inflate without limit.
    private func checkThatNoneOverlap(_ members: [ZipArchive.Member]) throws {
        var end = 0
        for member in members.sorted(by: { $0.location.lowerBound < $1.location.lowerBound }) {
            // Its name and local header belong to a member as well.
            guard member.location.lowerBound - 30 >= end else {
                throw damaged("\(member.name) overlaps another member")
            }
            end = member.location.upperBound
        }
    }

    /// Searches backwards for the end record, which a comment of up to 65,535 bytes may follow.
    private func findDirectory() throws -> Directory {
        let recordLength = 22
        let last = bytes.count - recordLength
        guard last >= 0 else { throw cutOff }
        for position in stride(from: last, through: max(0, last - 0xFFFF), by: -1)
        where try integer(UInt32.self, position) == 0x0605_4B50
            && integer(UInt16.self, position + 20) == last - position
        {
            return try directory(endRecordAt: position)
        }
        throw cutOff
    }

    private func directory(endRecordAt end: Int) throws -> Directory {
        guard try integer(UInt16.self, end + 4) == 0, try integer(UInt16.self, end + 6) == 0 else {
            throw damaged("it is one of several volumes")
        }
        var count = try integer(UInt16.self, end + 10)
        var length = try integer(UInt32.self, end + 12)
        var start = try integer(UInt32.self, end + 16)
        let locator = end - 20
        if locator >= 0, try integer(UInt32.self, locator) == 0x0706_4B50 {
            let record = try integer(UInt64.self, locator + 8)
            guard try integer(UInt32.self, record) == 0x0606_4B50 else { throw damaged("its zip64 record is missing") }
            count = try integer(UInt64.self, record + 32)
            length = try integer(UInt64.self, record + 40)
            start = try integer(UInt64.self, record + 48)
        }
        guard start <= end, length <= end - start else { throw damaged("its directory lies outside the file") }
        return Directory(location: start..<(start + length), memberCount: count)
    }

    /// Reads the directory entry at `position` and moves `position` past it.
    private func member(at position: inout Int, before end: Int) throws -> ZipArchive.Member {
        guard end - position >= 46, try integer(UInt32.self, position) == 0x0201_4B50 else {
            throw damaged("its directory is garbled")
        }
        let flags = try integer(UInt16.self, position + 8)
        let method = try integer(UInt16.self, position + 10)
        let checksum = try integer(UInt32.self, position + 16)
        let nameLength = try integer(UInt16.self, position + 28)
        let extraLength = try integer(UInt16.self, position + 30)
        let next = position + 46 + nameLength + extraLength + (try integer(UInt16.self, position + 32))
        guard next <= end else { throw damaged("its directory is garbled") }
        let nameStart = position + 46
        let nameBytes = bytes[nameStart..<(nameStart + nameLength)]
        // Old programs write names in alphabets of their own, which nobody asks for.
        let name = String(decoding: nameBytes, as: UTF8.self)
        let extra = (nameStart + nameLength)..<(nameStart + nameLength + extraLength)
        let sizes = try sizes(entry: position, extra: extra, member: name)
        let compression: ZipArchive.Member.Compression =
            switch (flags & 1, method) {
            case (1, _): .unreadable("it is encrypted")
            case (_, 0): .stored
            case (_, 8): .deflated
            default: .unreadable("it is compressed by method \(method)")
            }
        position = next
        return ZipArchive.Member(
            name: name, compression: compression,
            location: try location(localHeader: sizes.offset, byteCount: sizes.compressed, member: name),
            byteCount: sizes.inflated, checksum: UInt32(checksum))
    }

    /// Sizes and offset of an entry; those that do not fit into 32 bits are in its zip64 field.
    private func sizes(
        entry: Int, extra: Range<Int>, member: String
    ) throws -> (compressed: Int, inflated: Int, offset: Int) {
        var values = [
            try integer(UInt32.self, entry + 24), try integer(UInt32.self, entry + 20),
            try integer(UInt32.self, entry + 42),
        ]
        let large = values.indices.filter { values[$0] == 0xFFFF_FFFF }
        if !large.isEmpty {
            guard var field = try zip64Field(in: extra) else { throw damaged("\(member) has no zip64 sizes") }
            for index in large {
                guard field.count >= 8 else { throw damaged("\(member) has no zip64 sizes") }
                values[index] = try integer(UInt64.self, field.lowerBound)
                field = (field.lowerBound + 8)..<field.upperBound
            }
        }
        return (compressed: values[1], inflated: values[0], offset: values[2])
    }

    private func zip64Field(in extra: Range<Int>) throws -> Range<Int>? {
        var position = extra.lowerBound
        while extra.upperBound - position >= 4 {
            let start = position + 4
            let end = start + (try integer(UInt16.self, position + 2))
            guard end <= extra.upperBound else { return nil }
            if try integer(UInt16.self, position) == 1 { return start..<end }
            position = end
        }
        return nil
    }

    /// Where a member's bytes lie, after a local header whose length differs from that in the directory.
    private func location(localHeader: Int, byteCount: Int, member: String) throws -> Range<Int> {
        guard try integer(UInt32.self, localHeader) == 0x0403_4B50 else {
            throw damaged("\(member) is not where the directory says")
        }
        let start =
            localHeader + 30 + (try integer(UInt16.self, localHeader + 26))
            + (try integer(UInt16.self, localHeader + 28))
        guard start <= bytes.count, byteCount <= bytes.count - start else {
            throw damaged("\(member) reaches beyond the end of the file")
        }
        return start..<(start + byteCount)
    }

    /// The little-endian integer at `position`, which must lie within the file and fit into `Int`.
    private func integer<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type, _ position: Int) throws -> Int {
        guard position >= 0, position <= bytes.count - MemoryLayout<Value>.size else { throw cutOff }
        let value = Value(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Value.self))
        guard let value = Int(exactly: value) else { throw damaged("it claims a size of \(value) bytes") }
        return value
    }

    private var cutOff: Fault {
        Fault(
            .badData, path, "is cut off: the zip archive has no directory at its end",
            remedy: "copy the file again, or \(remedy)")
    }

    private func damaged(_ problem: String) -> Fault {
        Fault(
            .badData, path, "cannot be read as a zip archive: \(problem)", remedy: remedy)
    }
}
