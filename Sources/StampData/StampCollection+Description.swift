import StampFormats

extension StampCollection {
    /// What other processes need to read the same stamps: the names of the files, and where in them the pixels are. A
    /// process that has it opens a file when it reads stamps of it, and looks at no header.
    package struct Description: Codable {
        var noise: [StampArray.Description]
        var sources: [StampArray.Description]
    }

    package var description: Description {
        let files = files.map(\.description)
        return Description(noise: Array(files[..<noiseFileCount]), sources: Array(files[noiseFileCount...]))
    }

    /// The collection that was described. What arrays it has in memory is to be put there before anyone reads it:
    /// `forEachUnfilledBlock` goes through them in the same order on both sides.
    ///
    /// - Throws: a fault when there is not enough memory for arrays in memory.
    package init(_ description: Description) throws {
        try self.init(
            noise: description.noise.map { try StampArray($0) }, sources: description.sources.map { try StampArray($0) }
        )
    }

    /// Calls `body` with the elements of each array in memory: those that a process sends to others, or receives.
    package func forEachUnfilledBlock(_ body: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        for file in files {
            for bytes in file.unfilledBlocks { try body(bytes) }
        }
    }

    /// The memory that the files themselves take, in bytes: what was deflated or came from a pipe.
    package var residentByteCount: Int { files.reduce(0) { $0 + $1.residentByteCount } }

    /// The file that takes most of it.
    package var mostResidentFile: String? {
        files.max { $0.residentByteCount < $1.residentByteCount }?.path
    }
}
