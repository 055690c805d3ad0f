#if Keras
    import CHDF5
    import Faults
    import Models

    /// `model.weights.h5` in memory: a group for each layer with weights, in it `vars` with datasets 0, 1, 2 ….
    enum WeightsFile {
        static let name = "model.weights.h5"

        /// Copies all weights of `network` out of the file's bytes.
        ///
        /// - Throws: a `badData` fault that names the first weight that is missing or has another shape.
        static func read(
            _ bytes: UnsafeRawBufferPointer, network: Network, into weights: Weights, path: String
        ) throws {
            do {
                try HDF5.exclusively {
                    let reader = try WeightsReader(bytes, path: path)
                    for variables in try KerasVariables.all(of: network) { try reader.read(variables, into: weights) }
                }
            } catch is HDF5Failure {
                throw Fault(
                    .badData, path, "its \(name) is damaged or no HDF5 file",
                    remedy: "save the model again with Keras 3")
            }
        }
    }

    private struct WeightsReader: ~Copyable {
        private let file: HDF5Object
        private let layers: HDF5Object
        private let path: String

        init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
            let access = try HDF5.memoryAccess()
            // The library copies the image; the parameter is not const because of callbacks, which there are none of.
            let image = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            try HDF5.check(H5Pset_file_image(access.identifier, image, bytes.count))
            let file = try HDF5Object(hdf5_open_for_reading(WeightsFile.name, access.identifier), closedBy: H5Fclose)
            guard hdf5_is_hard_link(file.identifier, "layers") else {
                throw Fault(
                    .badData, path, "its \(WeightsFile.name) has no group layers",
                    remedy: "load the model in Keras 3 and save it again")
            }
            layers = try HDF5Object(H5Gopen2(file.identifier, "layers", 0), closedBy: H5Gclose)
            self.file = file
            self.path = path
        }

        /// Reads the weights of one layer, all of those that its group holds.
        borrowing func read(_ variables: KerasVariables, into weights: Weights) throws {
            let count = variables.parameters.count
            guard count > 0 else { return }
            let first = variables.parameters[0].name
            guard let group = try variablesGroup(of: variables.group) else {
                throw fault("lacks \(first) (group layers/\(variables.group)/vars)")
            }
            var information = H5G_info_t()
            try HDF5.check(H5Gget_info(group.identifier, &information))
            guard information.nlinks == count else {
                throw fault(
                    "has \(information.nlinks) weights in layers/\(variables.group), which has \(count) (\(first) …)")
            }
            for (number, parameter) in variables.parameters.enumerated() {
                try read(parameter, from: group, "\(number)", into: weights.pointer(parameter))
            }
        }

        private borrowing func variablesGroup(of name: String) throws -> HDF5Object? {
            guard hdf5_is_hard_link(layers.identifier, name) else { return nil }
            let layer = try HDF5Object(H5Gopen2(layers.identifier, name, 0), closedBy: H5Gclose)
            guard hdf5_is_hard_link(layer.identifier, "vars") else { return nil }
            return try HDF5Object(H5Gopen2(layer.identifier, "vars", 0), closedBy: H5Gclose)
        }

        private borrowing func read(
            _ parameter: Network.Parameter, from group: borrowing HDF5Object, _ name: String,
            into values: UnsafeMutablePointer<Float>
        ) throws {
            guard hdf5_is_hard_link(group.identifier, name) else { throw fault("lacks \(parameter.name)") }
            let dataset = try HDF5Object(H5Dopen2(group.identifier, name, 0), closedBy: H5Dclose)
            let type = try HDF5Object(H5Dget_type(dataset.identifier), closedBy: H5Tclose)
            guard H5Tget_class(type.identifier) == H5T_FLOAT, H5Tget_size(type.identifier) == 4 else {
                throw fault("has \(parameter.name) in another format than float32")
            }
            try checkLayout(dataset, parameter)
            let space = try HDF5Object(H5Dget_space(dataset.identifier), closedBy: H5Sclose)
            let rank = H5Sget_simple_extent_ndims(space.identifier)
            var extents = [hsize_t](repeating: 0, count: max(0, Int(rank)))
            try HDF5.check(H5Sget_simple_extent_dims(space.identifier, &extents, nil))
            guard extents == parameter.shape.extents.map(hsize_t.init) else {
                let shape = extents.map(String.init).joined(separator: ", ")
                throw fault("has \(parameter.name) of shape (\(shape)) instead of \(parameter.shape)")
            }
            try HDF5.check(H5Dread(dataset.identifier, hdf5_native_float(), 0, 0, 0, values))
        }

        /// The values must lie in this file: a dataset can also be made of other files.
        private borrowing func checkLayout(
            _ dataset: borrowing HDF5Object, _ parameter: Network.Parameter
        ) throws {
            let properties = try HDF5Object(H5Dget_create_plist(dataset.identifier), closedBy: H5Pclose)
            let layout = H5Pget_layout(properties.identifier)
            guard layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED || layout == H5D_COMPACT,
                H5Pget_external_count(properties.identifier) == 0
            else { throw fault("has \(parameter.name) in another file") }
        }

        private borrowing func fault(_ problem: String) -> Fault {
            Fault(.badData, path, "its \(WeightsFile.name) \(problem)", remedy: "save the model again with Keras 3")
        }
    }
#endif
