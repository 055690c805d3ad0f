import Faults
import Files

extension StampArray {
    /// What another process needs to read the stamps without looking at their file's headers. The bytes of pixels in
    /// memory must be sent as well.
    package struct Description: Codable, Sendable {
        private let path: String
        private let pixels: Pixels

        private enum Pixels: Codable {
            case array(NumericArray.Description)
            case images(FITSImages.Description)
        }

        fileprivate init(_ stamps: StampArray) {
            path = stamps.path
            pixels =
                switch stamps.pixels {
                case .array(let array): .array(array.description)
                case .images(let images): .images(images.description)
                }
        }

        fileprivate func open() throws -> StampArray {
            switch pixels {
            case .array(let array): try StampArray(array: NumericArray(array), path: path)
            case .images(let images): try StampArray(images: FITSImages(images), path: path)
            }
        }
    }

    package var description: Description { Description(self) }

    /// The described stamps, whose file is opened when it is first read. For pixels in memory there is only room, which
    /// must be filled through `unfilledBytes` before they are read.
    ///
    /// - Throws: an `internalFault` fault when there is not enough memory.
    package init(_ description: Description) throws { self = try description.open() }

    /// The pixels in memory, for the sender to read and the receiver to fill in; nil for pixels in a file.
    package var unfilledBytes: UnsafeMutableRawBufferPointer? {
        switch pixels {
        case .array(let array): array.unfilledBytes
        case .images(let images): images.unfilledBytes
        }
    }

    /// Bytes of memory that the pixels occupy, not counting the file system's cache.
    package var residentByteCount: Int {
        switch pixels {
        case .array(let array): array.residentByteCount
        case .images(let images): images.storage.residentByteCount
        }
    }
}

extension FITSImages {
    /// What another process needs to read the images: how they are stored, and where. The bytes of a block in memory
    /// must be sent as well.
    struct Description: Codable, Sendable {
        let height: Int
        let width: Int
        let parts: [Part]
        /// The file that is read by range; nil for a block in memory.
        let file: String?
        /// The length of the file or block.
        let byteCount: Int
    }

    var description: Description {
        let file: String? = if case .file(let file) = storage { file.path } else { nil }
        return Description(height: height, width: width, parts: parts, file: file, byteCount: storage.byteCount)
    }

    /// The described images; a block in memory is not filled yet.
    ///
    /// - Throws: an `internalFault` fault when there is not enough memory.
    package init(_ description: Description) throws {
        let storage: ArrayBytes
        if let file = description.file {
            storage = .file(RangedFile(path: file, byteCount: description.byteCount))
        } else if let block = ReadOnlyBytes.memory(count: description.byteCount, filledBy: { _ in }) {
            storage = .block(block)
        } else {
            throw Fault(
                .internalFault, "FITS images", "do not fit into memory (\(description.byteCount) bytes)",
                remedy: "save them uncompressed (funpack, gunzip), which needs none")
        }
        self.init(height: description.height, width: description.width, parts: description.parts, storage: storage)
    }

    var unfilledBytes: UnsafeMutableRawBufferPointer? {
        guard case .block(let block) = storage else { return nil }
        return UnsafeMutableRawBufferPointer(mutating: block.bytes)
    }
}
