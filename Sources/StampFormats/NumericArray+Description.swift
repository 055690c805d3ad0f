import Faults
import Files

extension NumericArray {
    /// What another process needs to read the array without looking at its file's header: what the elements are, and
    /// where in the file they start. The bytes of an array in memory must be sent as well.
    package struct Description: Codable, Sendable {
        var name: String
        var shape: [Int]
        var format: String
        var isBigEndian: Bool
        var isFortranOrder: Bool
        var byteOffset: Int
        /// The file that is read by range; nil for an array in memory.
        var file: String?
        /// The length of the file, or of the elements in memory.
        var byteCount: Int
    }

    package var description: Description {
        var description = Description(
            name: name, shape: shape, format: elementType.format.rawValue, isBigEndian: elementType.isBigEndian,
            isFortranOrder: isFortranOrder, byteOffset: 0, file: nil, byteCount: elementByteCount)
        if case .file(let file) = storage {
            (description.file, description.byteOffset) = (file.path, byteOffset)
            description.byteCount = file.byteCount
        }
        return description
    }

    /// The described array, whose file is opened when it is first read. An array in memory only has room for its
    /// elements, which must be put into `unfilledBytes` before they are read.
    ///
    /// - Throws: an `internalFault` fault when there is not enough memory.
    package init(_ description: Description) throws {
        guard let format = ElementType.Format(rawValue: description.format) else {
            preconditionFailure("\(description.name) has the unknown format \(description.format)")
        }
        let storage: ArrayBytes
        if let file = description.file {
            storage = .file(RangedFile(path: file, byteCount: description.byteCount))
        } else if let block = ReadOnlyBytes.memory(count: description.byteCount, filledBy: { _ in }) {
            storage = .block(block)
        } else {
            throw Fault(
                .internalFault, description.name, "does not fit into memory (\(description.byteCount) bytes)",
                remedy: "save the array uncompressed (numpy.save), which needs none")
        }
        self.init(
            name: description.name, shape: description.shape,
            elementType: ElementType(format, isBigEndian: description.isBigEndian),
            isFortranOrder: description.isFortranOrder, storage: storage, byteOffset: description.byteOffset)
    }

    /// The elements of an array in memory, for the sender to read and the receiver to fill in; nil for an array in a
    /// file.
    package var unfilledBytes: UnsafeMutableRawBufferPointer? {
        guard case .block(let block) = storage else { return nil }
        let elements = block.bytes[byteOffset..<byteOffset + elementByteCount]
        return UnsafeMutableRawBufferPointer(mutating: UnsafeRawBufferPointer(rebasing: elements))
    }

    /// Bytes of memory that the array occupies, not counting the file system's cache.
    package var residentByteCount: Int { storage.residentByteCount }

    private var elementByteCount: Int { count * elementType.byteCount }
}
