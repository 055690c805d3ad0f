import CZlib
import Faults

extension ZipArchive {
    /// The first bytes of a member, at most `byteCount`.
    package func prefix(of member: Member, byteCount: Int) throws -> ReadOnlyBytes {
        let count = min(byteCount, member.byteCount)
        switch member.compression {
        case .stored:
            let start = member.location.lowerBound
            guard
                let block = ReadOnlyBytes.memory(
                    count: count,
                    filledBy: {
                        $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage.bytes[start..<(start + count)]))
                    })
            else { throw outOfMemory(member, count) }
            return block
        case .deflated: return try inflate(member, byteCount: count)
        case .unreadable(let reason): throw damaged(member, reason)
        }
    }

    /// All bytes of a member: where they start, in the mapped archive itself or in memory.
    ///
    /// Inflated bytes are checked against the archive's checksum. Stored ones are not, since that would read all of a
    /// mapped file even if only a part is needed; a plain `.npy` file has no checksum either.
    package func contents(of member: Member) throws -> (storage: ReadOnlyBytes, byteOffset: Int) {
        switch member.compression {
        case .stored: return (storage, member.location.lowerBound)
        case .deflated:
            let block = try inflate(member, byteCount: member.byteCount)
            guard Self.checksum(block.bytes) == member.checksum else {
                throw damaged(member, "its checksum is wrong")
            }
            return (block, 0)
        case .unreadable(let reason): throw damaged(member, reason)
        }
    }

    /// The same, with their checksum compared in any case.
    package func checkedContents(of member: Member) throws -> (storage: ReadOnlyBytes, byteOffset: Int) {
        try checkSizes(of: member)
        let contents = try contents(of: member)
        if case .stored = member.compression {
            let bytes = UnsafeRawBufferPointer(rebasing: storage.bytes[member.location])
            guard Self.checksum(bytes) == member.checksum else { throw damaged(member, "its checksum is wrong") }
        }
        return contents
    }

    /// Refuses sizes that cannot be true, before anything is allocated.
    package func checkSizes(of member: Member) throws {
        let compressed = member.location.count
        switch member.compression {
        case .stored:
            guard member.byteCount == compressed else { throw damaged(member, "its two sizes differ") }
        case .deflated:
            guard member.byteCount <= Expansion.most(of: compressed) else {
                throw Fault(
                    .badData, "\(path):\(member.name)",
                    "claims \(member.byteCount) bytes in \(compressed), which is more than stamps or weights shrink",
                    remedy: "save it uncompressed if that is what it should hold")
            }
        case .unreadable(let reason): throw damaged(member, reason)
        }
    }

    /// The first `byteCount` bytes of a deflated member; if that is all of it, it must also end there.
    private func inflate(_ member: Member, byteCount: Int) throws -> ReadOnlyBytes {
        let source = UnsafeRawBufferPointer(rebasing: storage.bytes[member.location])
        let block = try ReadOnlyBytes.memory(count: byteCount) { target in
            var stream = InflateStream()
            defer { stream.end() }
            guard stream.begin() else { throw outOfMemory(member, byteCount) }
            guard let end = stream.inflate(source, to: target) else { throw damaged(member, "it is garbled") }
            guard end.written == byteCount else { throw damaged(member, "it is shorter than it claims") }
            guard byteCount < member.byteCount || end.isWhole else {
                throw damaged(member, "it is longer than it claims")
            }
        }
        guard let block else { throw outOfMemory(member, byteCount) }
        return block
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = CRC32()
        checksum.update(bytes)
        return checksum.value
    }

    func damaged(_ member: Member, _ problem: String) -> Fault {
        Fault(
            .badData, "\(path):\(member.name)", "is damaged: \(problem)",
            remedy: "copy the file again, or \(remedy)")
    }

    private func outOfMemory(_ member: Member, _ byteCount: Int) -> Fault {
        Fault(
            .badData, "\(path):\(member.name)", "needs \(byteCount) bytes of memory, which are not free",
            remedy: "save it uncompressed, which needs none")
    }
}

/// zlib's raw inflate over blocks larger than its 32-bit counters.
private struct InflateStream {
    private var stream = z_stream()
    private var hasBegun = false

    /// `inflateInit2` for raw deflate data; false when there is no memory.
    mutating func begin() -> Bool {
        hasBegun = inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        return hasBegun
    }

    mutating func end() {
        if hasBegun { inflateEnd(&stream) }
    }

    /// Fills `target` from `source`: the bytes written, and whether the data ended there and used all of `source`.
    /// Nil when the data is garbled.
    mutating func inflate(
        _ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer
    ) -> (written: Int, isWhole: Bool)? {
        let largest = 1 << 30
        var consumed = 0
        var written = 0
        // One spare byte lets the stream reach its end mark, and reveals data beyond what the target holds.
        var spare: UInt8 = 0
        while true {
            let input = min(source.count - consumed, largest)
            let isFull = written == target.count
            let output = isFull ? 1 : min(target.count - written, largest)
            let status = withUnsafeMutablePointer(to: &spare) { spare in
                stream.next_in = UnsafeMutablePointer(
                    mutating: source.baseAddress?.advanced(by: consumed).assumingMemoryBound(to: UInt8.self))
                stream.avail_in = UInt32(input)
                stream.next_out =
                    isFull
                    ? spare : target.baseAddress?.advanced(by: written).assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(output)
                return CZlib.inflate(&stream, Z_NO_FLUSH)
            }
            consumed += input - Int(stream.avail_in)
            let produced = output - Int(stream.avail_out)
            if isFull && produced > 0 { return (written, false) }
            written += produced
            switch status {
            case Z_STREAM_END: return (written, consumed == source.count)
            case Z_OK: continue
            // No progress is possible: the source ended early.
            case Z_BUF_ERROR: return (written, false)
            default: return nil
            }
        }
    }
}
