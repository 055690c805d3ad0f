/// Where the bytes of an array are.
package enum ArrayBytes: Sendable {
    /// At an address: in memory, or mapped.
    case block(ReadOnlyBytes)
    /// In a file that is read by range.
    case file(RangedFile)

    package var byteCount: Int {
        switch self {
        case .block(let block): block.bytes.count
        case .file(let file): file.byteCount
        }
    }

    /// Bytes of memory that belong to this process alone.
    package var residentByteCount: Int {
        if case .block(let block) = self, block.isInMemory { block.bytes.count } else { 0 }
    }

    /// Copies the bytes of `range`. May be called on any thread.
    ///
    /// - Throws: as reading a ``RangedFile`` does.
    package func copy(_ range: Range<Int>, to destination: UnsafeMutableRawPointer) throws {
        switch self {
        case .block(let block): block.copy(range, to: destination)
        case .file(let file): try file.read(range, to: destination)
        }
    }

    /// All bytes at an address.
    ///
    /// - Throws: as reading a ``RangedFile`` does.
    package func mapped() throws -> ReadOnlyBytes {
        switch self {
        case .block(let block): block
        case .file(let file): try file.mapped()
        }
    }
}
