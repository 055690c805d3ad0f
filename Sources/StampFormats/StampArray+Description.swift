import Faults
import Files

extension StampArray {
    /// What another process needs to read the stamps without looking at their file's headers. The bytes of pixels in
    /// memory must be sent as well.
    package struct Description: Codable, Sendable {
        private let path: String
        private let pixels: Pixels

        private enum Pixels: Codable {
            case array(NumericArray.Description, StampShape)
            case images(FITSImages.Description)
            case channels([StampRun.Description], names: [String], count: Int)
        }

        fileprivate init(_ stamps: StampArray) {
            path = stamps.path
            pixels =
                switch stamps.pixels {
                case .interleaved(let array): .array(array.description, stamps.shape(.nhwc))
                case .planar(let array): .array(array.description, stamps.shape(.nchw))
                case .images(let images): .images(images.description)
                case .channels(let runs):
                    .channels(runs.map(\.description), names: stamps.channelNames ?? [], count: stamps.count)
                }
        }

        fileprivate func open() throws -> StampArray {
            switch pixels {
            case .array(let array, let shape): try StampArray(NumericArray(array), shape, path: path)
            case .images(let images): try StampArray(images: FITSImages(images), path: path)
            case .channels(let runs, let names, let count):
                try StampArray(runs.map { try StampRun($0) }, names: names, count: count, path: path)
            }
        }
    }

    private func shape(_ layout: StampLayout) -> StampShape {
        StampShape(count: count, height: height, width: width, channels: channels, layout: layout)
    }

    package var description: Description { Description(self) }

    /// The described stamps, whose files are opened when they are first read. For pixels in memory there is only room,
    /// which must be filled through `unfilledBlocks` before they are read.
    ///
    /// - Throws: an `internalFault` fault when there is not enough memory.
    package init(_ description: Description) throws { self = try description.open() }

    /// The pixels in memory, for the sender to read and the receiver to fill in; none for pixels in files.
    package var unfilledBlocks: [UnsafeMutableRawBufferPointer] {
        switch pixels {
        case .interleaved(let array), .planar(let array): [array.unfilledBytes].compactMap { $0 }
        case .images(let images): [images.unfilledBytes].compactMap { $0 }
        case .channels(let runs): runs.flatMap { $0.files.flatMap(\.unfilledBlocks) }
        }
    }

    /// Bytes of memory that the pixels occupy, not counting the file system's cache.
    package var residentByteCount: Int {
        switch pixels {
        case .interleaved(let array), .planar(let array): array.residentByteCount
        case .images(let images): images.storage.residentByteCount
        case .channels(let runs): runs.reduce(0) { $0 + $1.files.reduce(0) { $0 + $1.residentByteCount } }
        }
    }
}

extension StampRun {
    /// What another process needs to read the run.
    struct Description: Codable, Sendable {
        let files: [StampArray.Description]
        let first: Int
    }

    var description: Description { Description(files: files.map(\.description), first: first) }

    init(_ description: Description) throws {
        self.init(files: try description.files.map { try StampArray($0) }, first: description.first)
    }
}

extension FITSImages {
    /// What another process needs to read the images: how they are stored, and where. The bytes of a block in memory
    /// must be sent as well.
    struct Description: Codable, Sendable {
        let height: Int
        let width: Int
        let channels: [Channel]
        let names: [String]?
        /// The file that is read by range; nil for a block in memory.
        let file: String?
        /// The length of the file or block.
        let byteCount: Int
    }

    var description: Description {
        let file: String? = if case .file(let file) = storage { file.path } else { nil }
        return Description(
            height: height, width: width, channels: channels, names: names, file: file, byteCount: storage.byteCount)
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
        self.init(
            height: description.height, width: description.width, channels: description.channels,
            names: description.names, storage: storage)
    }

    var unfilledBytes: UnsafeMutableRawBufferPointer? {
        guard case .block(let block) = storage else { return nil }
        return UnsafeMutableRawBufferPointer(mutating: block.bytes)
    }
}
