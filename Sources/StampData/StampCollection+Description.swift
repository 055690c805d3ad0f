import FoundationEssentials
import StampFormats

extension StampCollection {
    /// What other processes need to read the same stamps: the names of the files, and where in them the pixels are. A
    /// process that has it opens a file when it reads stamps of it, and looks at no header.
    package struct Description: Codable {
        var files: [StampArray.Description]
        var classes: StampClasses
        /// Of each class, how many files hold its stamps; nil where each stamp has a label.
        var classFileCounts: [Int]?
        /// The class of each stamp, in two bytes each with the lower first; nil where a file has one class.
        var labels: Data?
        /// The stamps that belong to one part of a split alone.
        var parts: [DataPart: Range<Int>] = [:]
    }

    package var description: Description {
        var description = Description(files: files.map(\.description), classes: classes, parts: parts)
        switch labels {
        case .files(let counts): description.classFileCounts = counts
        case .table(let labels):
            description.labels = Data(labels.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] })
        }
        return description
    }

    /// The collection that was described. What arrays it has in memory is to be put there before anyone reads it:
    /// `forEachUnfilledBlock` goes through them in the same order on both sides.
    ///
    /// - Throws: a fault when there is not enough memory for arrays in memory.
    package init(_ description: Description) throws {
        let labels: Labels
        if let bytes = description.labels {
            labels = .table(
                stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 })
        } else {
            labels = .files(description.classFileCounts ?? [])
        }
        try self.init(
            description.files.map { try StampArray($0) }, description.classes, labels, parts: description.parts)
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
