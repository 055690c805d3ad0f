#if Keras
    import CHDF5
    import Faults
    import HDF5Objects
    import Isolation
    import Tensors

    /// Reads weights out of an HDF5 file, in a process of its own.
    package enum WeightsDecoder: IsolatedDecoder {
        /// Which weights, of what.
        package struct Request: Codable {
            /// What messages call the file.
            let path: String
            /// What they call the file of weights in it, with a space behind it; nothing where that is the file itself.
            let part: String
            let groups: [Group]
        }

        /// The weights of one layer.
        struct Group: Codable {
            /// The names of groups from the file's root to the one that has the weights.
            let path: [String]
            /// Whether there must be nothing else in it.
            let isWhole: Bool
            let weights: [Weight]

            var valueCount: Int { weights.reduce(0) { $0 + $1.count } }
        }

        struct Weight: Codable {
            /// What messages call it.
            let name: String
            /// The names of groups, and at last of the dataset, in the layer's group.
            let path: [String]
            let shape: [Int]

            var count: Int { shape.reduce(1, *) }
        }

        /// The payload is all weights one after another, in the order in which they were asked for.
        package struct Answer: Codable {}

        package static let name = "weights"

        package static func decode(
            _ request: Request, _ bytes: UnsafeRawBufferPointer, _ payload: DecodedPayload
        ) throws -> Answer {
            let count = request.groups.reduce(0) { $0 + $1.valueCount }
            let block = try payload.allocate(count * MemoryLayout<Float>.stride, name: request.path)
            do {
                try HDF5.exclusively {
                    let reader = try WeightsReader(bytes, request)
                    var values = block.assumingMemoryBound(to: Float.self)[...]
                    for group in request.groups { try reader.read(group, into: &values) }
                }
            } catch is HDF5Failure {
                throw Fault(
                    .badData, request.path, "\(request.part)is damaged or no HDF5 file",
                    remedy: "save the model again with Keras 3")
            }
            return Answer()
        }
    }

    /// An open file of weights.
    private struct WeightsReader: ~Copyable {
        private let image: HDF5Image
        private let path: String
        private let part: String

        init(_ bytes: UnsafeRawBufferPointer, _ request: WeightsDecoder.Request) throws {
            image = try HDF5Image(bytes, name: WeightsFile.name)
            (path, part) = (request.path, request.part)
        }

        /// Reads the weights of one layer, all of those that its group holds, to the start of `values`.
        borrowing func read(_ asked: WeightsDecoder.Group, into values: inout Slice<UnsafeMutableBufferPointer<Float>>)
            throws
        {
            guard let first = asked.weights.first?.name else { return }
            let place = asked.path.joined(separator: "/")
            guard let group = try HDF5Object(group: asked.path[...], in: image.file) else {
                throw fault("lacks \(first) (group \(place))")
            }
            var information = H5G_info_t()
            try HDF5.check(H5Gget_info(group.identifier, &information))
            let count = asked.weights.count
            guard !asked.isWhole || information.nlinks == count else {
                throw fault("has \(information.nlinks) weights in \(place), which has \(count) (\(first) …)")
            }
            for weight in asked.weights {
                let room = UnsafeMutableBufferPointer(rebasing: values.prefix(weight.count))
                if weight.path.count > 1 {
                    guard let inner = try HDF5Object(group: weight.path.dropLast(), in: group) else {
                        throw fault("lacks \(weight.name)")
                    }
                    try read(weight, from: inner, weight.path.last!, into: room)
                } else {
                    try read(weight, from: group, weight.path[0], into: room)
                }
                values = values.dropFirst(weight.count)
            }
        }

        private borrowing func read(
            _ weight: WeightsDecoder.Weight, from group: borrowing HDF5Object, _ name: String,
            into values: UnsafeMutableBufferPointer<Float>
        ) throws {
            guard hdf5_is_hard_link(group.identifier, name) else { throw fault("lacks \(weight.name)") }
            let dataset = try HDF5Object(H5Dopen2(group.identifier, name, 0), closedBy: H5Dclose)
            let type = try HDF5Object(H5Dget_type(dataset.identifier), closedBy: H5Tclose)
            // A layer's count of samples is a whole number.
            let isCount = weight.shape.isEmpty && H5Tget_class(type.identifier) == H5T_INTEGER
            guard isCount || (H5Tget_class(type.identifier) == H5T_FLOAT && H5Tget_size(type.identifier) == 4) else {
                throw fault("has \(weight.name) in another format than float32")
            }
            try checkLayout(dataset, weight)
            let space = try HDF5Object(H5Dget_space(dataset.identifier), closedBy: H5Sclose)
            let rank = H5Sget_simple_extent_ndims(space.identifier)
            var extents = [hsize_t](repeating: 0, count: max(0, Int(rank)))
            try HDF5.check(H5Sget_simple_extent_dims(space.identifier, &extents, nil))
            guard extents == weight.shape.map(hsize_t.init) else {
                let shape = extents.map(String.init).joined(separator: ", ")
                throw fault(
                    "has \(weight.name) of shape (\(shape)) instead of \(Shape(weight.shape))")
            }
            // A dataset without elements has no address to read to.
            guard let base = values.baseAddress, weight.count > 0 else { return }
            try HDF5.check(H5Dread(dataset.identifier, hdf5_native_float(), 0, 0, 0, base))
        }

        /// The values must lie in this file: a dataset can also be made of other files. And a chunk, which is read
        /// whole, must not be much larger than what is in it.
        private borrowing func checkLayout(
            _ dataset: borrowing HDF5Object, _ weight: WeightsDecoder.Weight
        ) throws {
            switch try HDF5Layout(of: dataset) {
            case .contiguous, .compact: break
            case .elsewhere: throw fault("has \(weight.name) in another file")
            case .chunked(let values):
                guard values <= Double(max(Self.smallChunk, 4 * weight.count)) else {
                    throw fault("keeps \(weight.name) in chunks that are far larger than it is")
                }
            }
        }

        /// Values of a chunk that takes little memory in any case.
        private static var smallChunk: Int { 1 << 20 }

        private borrowing func fault(_ problem: String) -> Fault {
            Fault(.badData, path, "\(part)\(problem)", remedy: "save the model again with Keras 3")
        }
    }
#endif
