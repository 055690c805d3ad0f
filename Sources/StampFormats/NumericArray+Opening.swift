import Faults
import Files

extension NumericArray {
    /// Opens an array of numbers: a `.npy` file, or one member of a `.npz` file.
    ///
    /// The format is recognised by the file's first bytes, not by its name. Files and stored members are read by range
    /// as needed, or mapped if they are in Fortran order; deflated members and pipes are read into memory. Shape times
    /// element size is checked against the file before anything is allocated.
    ///
    /// - Parameters:
    ///   - path: the file, or `FILE.npz:NAME` for a member (`NAME` with or without `.npy`).
    ///   - isWanted: picks the wanted shape when a `.npz` file holds several arrays and none is named.
    /// - Throws: a `missingInput` fault when the file is missing or unreadable, `badData` when it is invalid.
    public init(contentsOf path: String, choosing isWanted: ([Int]) -> Bool = { _ in false }) throws {
        let name = Self.split(path).file
        if let file = try RangedFile.regular(name) {
            try self.init(in: file, prefix: file.prefix(Self.page), path: path, choosing: isWanted)
        } else {
            try self.init(ReadOnlyBytes.contents(of: name), path: path, choosing: isWanted)
        }
    }

    /// Opens the array in the file that `path` names and that starts with `prefix`, a page of it or all.
    init(in file: RangedFile, prefix: [UInt8], path: String, choosing isWanted: ([Int]) -> Bool) throws {
        let (name, member) = Self.split(path)
        guard !prefix.withUnsafeBytes(ZipArchive.isArchive) else {
            let archive = try ZipArchive(ReadOnlyBytes.contents(of: name), path: name)
            try self.init(memberOf: archive, in: file, named: member, choosing: isWanted)
            return
        }
        if member != nil { throw Self.notAnArchive(name) }
        let header = try Self.header(prefix, of: file, name: path)
        self.init(name: path, header: header, storage: .file(file), byteOffset: header.dataOffset)
    }

    /// Opens the array in the contents of the file that `path` names.
    init(_ storage: ReadOnlyBytes, path: String, choosing isWanted: ([Int]) -> Bool) throws {
        let (name, member) = Self.split(path)
        try self.init(storage, path: path, file: name, member: member, choosing: isWanted)
    }

    /// Opens the array in a copy of a file's bytes; `name` is what messages call the file.
    ///
    /// - Throws: a `badData` fault when the bytes are invalid.
    package init(
        copying bytes: UnsafeRawBufferPointer, name: String, choosing isWanted: ([Int]) -> Bool = { _ in false }
    ) throws {
        try self.init(ReadOnlyBytes.copying(bytes, name), path: name, file: name, member: nil, choosing: isWanted)
    }

    private init(
        _ storage: ReadOnlyBytes, path: String, file: String, member: String?, choosing isWanted: ([Int]) -> Bool
    ) throws {
        if ZipArchive.isArchive(storage.bytes) {
            try self.init(memberOf: ZipArchive(storage, path: file), in: nil, named: member, choosing: isWanted)
        } else if member != nil {
            throw Self.notAnArchive(file)
        } else {
            let header = try NpyHeader(storage.bytes, fileByteCount: storage.bytes.count, name: path)
            self.init(name: path, header: header, storage: .block(storage), byteOffset: header.dataOffset)
        }
    }

    private static func notAnArchive(_ file: String) -> Fault {
        Fault(.badData, file, "is not a .npz file", remedy: "name the file alone, without :NAME")
    }

    /// Nearly every header is far shorter than a page.
    static let page = 1 << 12

    /// The header of a `.npy` file that starts with `prefix`.
    private static func header(_ prefix: [UInt8], of file: RangedFile, name: String) throws -> NpyHeader {
        let isShort = prefix.count < file.byteCount && !prefix.withUnsafeBytes(NpyHeader.isWhole)
        let start = isShort ? try file.prefix(NpyHeader.maximumByteCount + 12) : prefix
        return try start.withUnsafeBytes { try NpyHeader($0, fileByteCount: file.byteCount, name: name) }
    }

    /// Splits `FILE.npz:NAME` into file and member.
    static func split(_ path: String) -> (file: String, member: String?) {
        NamedPart.split(path, endings: [".npz"]).map { ($0.file, $0.part) } ?? (path, nil)
    }

    /// - Parameter file: the archive's file, from which stored members are read by range; nil if there is none.
    private init(
        memberOf archive: ZipArchive, in file: RangedFile?, named name: String?, choosing isWanted: ([Int]) -> Bool
    ) throws {
        let arrays = archive.members.filter { $0.name.hasSuffix(".npy") }
        guard !arrays.isEmpty else {
            throw ForeignArray.archiveFault(archive)
        }
        if let name {
            guard let member = arrays.first(where: { $0.name == name || $0.name == name + ".npy" }) else {
                throw Fault(
                    .missingInput, archive.path, "holds no array called \(name)",
                    remedy: "name one of \(Self.list(arrays))")
            }
            try self.init(member, of: archive, in: file)
        } else if arrays.count == 1 {
            try self.init(arrays[0], of: archive, in: file)
        } else {
            let wanted = try arrays.filter { try Self.shape(of: $0, in: archive).map(isWanted) ?? false }
            guard wanted.count == 1 else {
                throw Fault(
                    .badData, archive.path, "holds the arrays \(Self.list(arrays))",
                    remedy: "\(archive.path):NAME selects one")
            }
            try self.init(wanted[0], of: archive, in: file)
        }
    }

    private init(_ member: ZipArchive.Member, of archive: ZipArchive, in file: RangedFile?) throws {
        // The header comes first: it must agree with the member's size before the whole member is inflated.
        let header = try Self.header(of: member, in: archive)
        let name = "\(archive.path):\(member.name)"
        if let file, member.isStored, file.byteCount == archive.storage.bytes.count {
            self.init(
                name: name, header: header, storage: .file(file),
                byteOffset: member.location.lowerBound + header.dataOffset)
            return
        }
        let contents = try archive.contents(of: member)
        self.init(
            name: name, header: header, storage: .block(contents.storage),
            byteOffset: contents.byteOffset + header.dataOffset)
    }

    private static func header(of member: ZipArchive.Member, in archive: ZipArchive) throws -> NpyHeader {
        try withHeader(of: member, in: archive) { bytes, name in
            try NpyHeader(bytes, fileByteCount: member.byteCount, name: name)
        }
    }

    /// The shape of an array of numbers; nil for strings, dates, records, objects, and what is packed in a way that is
    /// not read: these may stand beside the stamps.
    private static func shape(of member: ZipArchive.Member, in archive: ZipArchive) throws -> [Int]? {
        guard member.isReadable else { return nil }
        return try withHeader(of: member, in: archive) { bytes, name in
            try NpyHeader(ofNumbers: bytes, fileByteCount: member.byteCount, name: name)?.shape
        }
    }

    /// Calls `body` with enough of a member's start to hold its header, and with what messages call the member.
    private static func withHeader<Result>(
        of member: ZipArchive.Member, in archive: ZipArchive,
        _ body: (UnsafeRawBufferPointer, _ name: String) throws -> Result
    ) throws -> Result {
        try archive.checkSizes(of: member)
        var prefix = try archive.prefix(of: member, byteCount: page)
        if prefix.bytes.count == page, !NpyHeader.isWhole(in: prefix.bytes) {
            prefix = try archive.prefix(of: member, byteCount: NpyHeader.maximumByteCount + 12)
        }
        return try withExtendedLifetime(prefix) { try body(prefix.bytes, "\(archive.path):\(member.name)") }
    }

    private static func list(_ members: [ZipArchive.Member]) -> String {
        let longest = 12
        let names = members.prefix(longest).map { $0.name.dropLast(4) }.joined(separator: ", ")
        return members.count > longest ? "\(names), … (\(members.count) in all)" : names
    }
}
