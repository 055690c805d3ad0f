#if Keras
    import CHDF5
    import Faults
    import Files
    import HDF5Objects
    import Isolation

    /// A dataset of numbers, or a field with numbers of a table.
    struct HDF5Array {
        /// `/GROUP/DATASET`, or `/GROUP/TABLE/FIELD`.
        let path: String
        /// The field's name; nil for a dataset.
        let field: String?
        /// The axes of the dataset, then those of its values.
        let shape: [Int]
        private let numbers: HDF5Numbers
        private let dataset: Dataset

        /// An open dataset that several fields share.
        private final class Dataset {
            let object: HDF5Object
            init(_ object: consuming HDF5Object) { self.object = object }
        }

        /// The numbers of a dataset: one array, or one for each field; none where there are none.
        static func all(of object: borrowing HDF5Object, path: String) throws -> [HDF5Array] {
            let dataset = Dataset(try HDF5Object(H5Dopen2(object.identifier, ".", 0), closedBy: H5Dclose))
            let axes = try axes(of: dataset.object)
            let type = try HDF5Object(H5Dget_type(dataset.object.identifier), closedBy: H5Tclose)
            if let numbers = try HDF5Numbers(type.identifier) {
                return [
                    HDF5Array(path: path, field: nil, shape: axes + numbers.shape, numbers: numbers, dataset: dataset)
                ]
            }
            guard H5Tget_class(type.identifier) == H5T_COMPOUND else { return [] }
            return try (0..<UInt32(max(0, H5Tget_nmembers(type.identifier)))).compactMap { place in
                let member = try HDF5Object(H5Tget_member_type(type.identifier, place), closedBy: H5Tclose)
                guard let numbers = try HDF5Numbers(member.identifier),
                    let text = H5Tget_member_name(type.identifier, place)
                else { return nil }
                defer { H5free_memory(text) }
                let field = String(cString: text)
                return HDF5Array(
                    path: "\(path)/\(field)", field: field, shape: axes + numbers.shape, numbers: numbers,
                    dataset: dataset)
            }
        }

        private static func axes(of dataset: borrowing HDF5Object) throws -> [Int] {
            let space = try HDF5Object(H5Dget_space(dataset.identifier), closedBy: H5Sclose)
            let rank = H5Sget_simple_extent_ndims(space.identifier)
            guard rank >= 0 else { throw HDF5Failure() }
            var extents = [hsize_t](repeating: 0, count: Int(rank))
            guard rank > 0 else { return [] }
            try HDF5.check(H5Sget_simple_extent_dims(space.identifier, &extents, nil))
            return extents.map { Int(clamping: $0) }
        }
    }

    extension HDF5Array {
        /// Values of a chunk that takes little memory in any case.
        private static let smallChunk = 1 << 20

        /// Where the numbers lie in the file, if they lie there one after another; otherwise they are decoded.
        ///
        /// - Throws: a `badData` fault when they are not all in this file, or far more than it could hold; `HDF5Failure`
        ///   when they are damaged.
        func read(
            fileByteCount: Int, file: String, into payload: DecodedPayload
        ) throws -> HDF5StampsDecoder.Array {
            func fault(_ problem: String, remedy: String) -> Fault {
                Fault(.badData, "\(file):\(path)", problem, remedy: remedy)
            }
            let most = Expansion.most(of: fileByteCount)
            guard let byteCount = FITSImageHeader.product(shape + [numbers.type.byteCount]), byteCount <= most else {
                throw fault(
                    "has the shape \(shapeText(shape)), more than so short a file can hold",
                    remedy: "save it again, uncompressed if it holds little but zeros")
            }
            switch try HDF5Layout(of: dataset.object) {
            case .contiguous:
                let offset = H5Dget_offset(dataset.object.identifier)
                // Nothing may have been written yet: then there are no bytes.
                if field == nil, numbers.isStored, let start = Int(exactly: offset), start <= fileByteCount {
                    guard byteCount <= fileByteCount - start else { throw HDF5Failure() }
                    return answer(byteOffset: start)
                }
            case .compact: break
            case .chunked(let values):
                guard values <= Double(max(Self.smallChunk, 4 * shape.reduce(1, *))) else {
                    throw fault(
                        "is kept in chunks that are far larger than it is", remedy: "save it with smaller chunks")
                }
                if let filter = try HDF5Layout.missingFilter(of: dataset.object) {
                    throw fault(
                        "is packed by filter \(filter), which libhdf5 does not have by itself",
                        remedy: "save it with compression='gzip', or without compression")
                }
            case .elsewhere:
                throw fault("lies in other files or datasets", remedy: "copy the values into one dataset")
            }
            try decode(into: payload.allocate(byteCount, name: file))
            return answer(byteOffset: nil)
        }

        private func answer(byteOffset: Int?) -> HDF5StampsDecoder.Array {
            HDF5StampsDecoder.Array(
                path: path, shape: shape, format: numbers.type.format.rawValue, isBigEndian: numbers.type.isBigEndian,
                byteOffset: byteOffset)
        }

        private func decode(into block: UnsafeMutableRawBufferPointer) throws {
            guard let base = block.baseAddress else { return }
            let type = try HDF5Object(H5Dget_type(dataset.object.identifier), closedBy: H5Tclose)
            guard let field else {
                let memory = try numbers.inMemory(type.identifier)
                return try HDF5.check(H5Dread(dataset.object.identifier, memory.identifier, 0, 0, 0, base))
            }
            let place = H5Tget_member_index(type.identifier, field)
            guard place >= 0 else { throw HDF5Failure() }
            let member = try HDF5Object(H5Tget_member_type(type.identifier, UInt32(place)), closedBy: H5Tclose)
            let value = try numbers.inMemory(member.identifier)
            // A table of this field alone.
            let memory = try HDF5Object(
                H5Tcreate(H5T_COMPOUND, H5Tget_size(value.identifier)), closedBy: H5Tclose)
            try HDF5.check(H5Tinsert(memory.identifier, field, 0, value.identifier))
            try HDF5.check(H5Dread(dataset.object.identifier, memory.identifier, 0, 0, 0, base))
        }
    }
#endif
