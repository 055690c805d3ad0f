import Faults
import Files
import HDF5Objects

#if Keras
    import Isolation
#endif

/// Arrays in HDF5 files: datasets, and fields of tables. libhdf5 sees a file only in a process of its own.
enum HDF5Stamps {
    /// The endings of HDF5 files' names; a colon and the path of a dataset may follow.
    static let nameEndings = [".h5", ".hdf5", ".he5"]

    /// Whether a file that starts with these bytes is an HDF5 file: one that is named so may begin with a user's block,
    /// for which other formats have no room.
    static func isHDF5(_ prefix: some Collection<UInt8>, file: String) -> Bool {
        if HDF5Signature.begins(prefix) { return true }
        guard NamedPart.has(nameEndings, file.utf8) else { return false }
        return [512, 1024, 2048].contains { HDF5Signature.begins(prefix.dropFirst($0)) }
    }
}

extension NumericArray {
    /// The array in an HDF5 file.
    ///
    /// Numbers that lie one after another in the file are read by range; what is packed, in chunks or a field of a
    /// table is decoded into memory.
    ///
    /// - Parameters:
    ///   - storage: the whole file.
    ///   - file: what messages call it.
    ///   - part: the path of a dataset, `/GROUP/DATASET`, or of a field, `/GROUP/TABLE/FIELD`; nil for the only one in
    ///     the file that stamps may be.
    /// - Throws: a `missingInput` fault when there is nothing of that name, `badData` when the file is damaged or holds
    ///   no such array, `usage` in a build without HDF5 support.
    init(hdf5 storage: ArrayBytes, file: String, part: String?) throws {
        #if Keras
            let input: DecodingProcess.Input =
                switch storage {
                case .file(let ranged): .file(ranged.path)
                case .block(let block): .memory(block.bytes)
                }
            let (answer, payload) = try withExtendedLifetime(storage) {
                try DecodingProcess.shared.decode(
                    HDF5StampsDecoder.self, HDF5StampsDecoder.Request(file: file, part: part), in: input, name: file)
            }
            switch answer {
            case .missing(let problem, let remedy): throw Fault(.missingInput, file, problem, remedy: remedy)
            case .array(let array):
                // What answers may be what the file has made of it.
                guard let format = ElementType.Format(rawValue: array.format),
                    let byteCount = array.byteCount(ElementType(format)), array.shape.allSatisfy({ $0 >= 0 })
                else { throw HDF5StampsDecoder.damaged(file) }
                let elements: ArrayBytes = array.byteOffset == nil ? .block(payload) : storage
                let byteOffset = array.byteOffset ?? 0
                guard byteOffset >= 0, byteOffset <= elements.byteCount, byteCount <= elements.byteCount - byteOffset
                else { throw HDF5StampsDecoder.damaged(file) }
                self.init(
                    name: "\(file):\(array.path)", shape: array.shape,
                    elementType: ElementType(format, isBigEndian: array.isBigEndian), isFortranOrder: false,
                    storage: elements, byteOffset: byteOffset)
            }
        #else
            throw Fault(
                .usage, file, "this build has no HDF5 support",
                remedy: "install libhdf5-dev and libzip-dev and build with the package trait Keras, or save it as .npy")
        #endif
    }
}
