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
            let groups: [Group]
        }

        /// The weights of one layer: in a group of `layers`, in it `vars` with datasets 0, 1, 2 ….
        struct Group: Codable {
            let name: String
            let weights: [Weight]
        }

        struct Weight: Codable {
            let name: String
            let shape: [Int]

            var count: Int { shape.reduce(1, *) }
        }

        /// The payload is all weights one after another, in the order in which they were asked for.
        package struct Answer: Codable {}

        package static let name = "weights"

        package static func decode(
            _ request: Request, _ bytes: UnsafeRawBufferPointer, _ payload: DecodedPayload
        ) throws -> Answer {
            let count = request.groups.reduce(0) { $0 + $1.weights.reduce(0) { $0 + $1.count } }
            let block = try payload.allocate(count * MemoryLayout<Float>.stride, name: request.path)
            do {
                try HDF5.exclusively {
                    let reader = try WeightsReader(bytes, path: request.path)
                    var values = block.assumingMemoryBound(to: Float.self)[...]
                    for group in request.groups { try reader.read(group, into: &values) }
                }
            } catch is HDF5Failure {
                throw Fault(
                    .badData, request.path, "its \(WeightsFile.name) is damaged or no HDF5 file",
                    remedy: "save the model again with Keras 3")
            }
            return Answer()
        }
    }

    /// An open file of weights.
    private struct WeightsReader: ~Copyable {
        private let image: HDF5Image
        private let layers: HDF5Object
        private let path: String

        init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
            let image = try HDF5Image(bytes, name: WeightsFile.name)
            guard hdf5_is_hard_link(image.file.identifier, "layers") else {
                throw Fault(
                    .badData, path, "its \(WeightsFile.name) has no group layers",
                    remedy: "load the model in Keras 3 and save it again")
            }
            layers = try HDF5Object(H5Gopen2(image.file.identifier, "layers", 0), closedBy: H5Gclose)
            self.image = image
            self.path = path
        }

        /// Reads the weights of one layer, all of those that its group holds, to the start of `values`.
        borrowing func read(_ asked: WeightsDecoder.Group, into values: inout Slice<UnsafeMutableBufferPointer<Float>>)
            throws
        {
            guard let first = asked.weights.first?.name else { return }
            guard let group = try variablesGroup(of: asked.name) else {
                throw fault("lacks \(first) (group layers/\(asked.name)/vars)")
            }
            var information = H5G_info_t()
            try HDF5.check(H5Gget_info(group.identifier, &information))
            let count = asked.weights.count
            guard information.nlinks == count else {
                throw fault(
                    "has \(information.nlinks) weights in layers/\(asked.name), which has \(count) (\(first) …)")
            }
            for (number, weight) in asked.weights.enumerated() {
                let room = UnsafeMutableBufferPointer(rebasing: values.prefix(weight.count))
                try read(weight, from: group, "\(number)", into: room)
                values = values.dropFirst(weight.count)
            }
        }

        private borrowing func variablesGroup(of name: String) throws -> HDF5Object? {
            guard hdf5_is_hard_link(layers.identifier, name) else { return nil }
            let layer = try HDF5Object(H5Gopen2(layers.identifier, name, 0), closedBy: H5Gclose)
            guard hdf5_is_hard_link(layer.identifier, "vars") else { return nil }
            return try HDF5Object(H5Gopen2(layer.identifier, "vars", 0), closedBy: H5Gclose)
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
            Fault(.badData, path, "its \(WeightsFile.name) \(problem)", remedy: "save the model again with Keras 3")
        }
    }
#endif
