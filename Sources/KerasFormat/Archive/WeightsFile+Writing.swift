#if Keras
    import CHDF5
    import Faults
    import HDF5Objects
    import Models

    extension WeightsFile {
        /// The bytes of the file with all weights of a model; equal weights give equal bytes.
        static func bytes(of model: TrainedModel) throws -> [UInt8] {
            do {
                return try HDF5.exclusively {
                    let writer = try WeightsWriter()
                    for variables in try KerasVariables.all(
                        of: model.network, KerasModel(model.network.description))
                    {
                        try writer.write(variables, of: model.weights)
                    }
                    return try writer.finish()
                }
            } catch is HDF5Failure {
                throw Fault(
                    .internalFault, name, "the HDF5 library cannot write it", remedy: "free some memory and try again")
            }
        }
    }

    private struct WeightsWriter: ~Copyable {
        private let file: HDF5Object
        private let groupProperties: HDF5Object
        private let datasetProperties: HDF5Object
        private let layers: HDF5Object

        init() throws {
            let access = try HDF5.memoryAccess()
            let file = try HDF5Object(hdf5_create_in_memory(WeightsFile.name, access.identifier), closedBy: H5Fclose)
            let groupProperties = try Self.withoutTimes(hdf5_group_creation_class())
            let datasetProperties = try Self.withoutTimes(hdf5_dataset_creation_class())
            layers = try Self.group("layers", in: file, groupProperties)
            self.file = file
            self.groupProperties = groupProperties
            self.datasetProperties = datasetProperties
        }

        /// Properties of objects that do not record when they were made: equal models give equal files.
        private static func withoutTimes(_ propertyClass: hid_t) throws -> HDF5Object {
            let properties = try HDF5Object(H5Pcreate(propertyClass), closedBy: H5Pclose)
            try HDF5.check(H5Pset_obj_track_times(properties.identifier, false))
            return properties
        }

        private static func group(
            _ name: String, in parent: borrowing HDF5Object, _ properties: borrowing HDF5Object
        ) throws -> HDF5Object {
            try HDF5Object(H5Gcreate2(parent.identifier, name, 0, properties.identifier, 0), closedBy: H5Gclose)
        }

        borrowing func write(_ variables: KerasVariables, of weights: Weights) throws {
            // What is written has no models inside.
            let layer = try Self.group(variables.path.last!, in: layers, groupProperties)
            let group = try Self.group("vars", in: layer, groupProperties)
            for (number, parameter) in variables.parameters.enumerated() {
                let extents = parameter.shape.extents.map(hsize_t.init)
                let space = try HDF5Object(H5Screate_simple(Int32(extents.count), extents, nil), closedBy: H5Sclose)
                let dataset = try HDF5Object(
                    H5Dcreate2(
                        group.identifier, "\(number)", hdf5_little_endian_float(), space.identifier, 0,
                        datasetProperties.identifier, 0), closedBy: H5Dclose)
                try HDF5.check(
                    H5Dwrite(dataset.identifier, hdf5_native_float(), 0, 0, 0, weights.pointer(parameter)))
            }
        }

        /// The file's bytes.
        borrowing func finish() throws -> [UInt8] {
            try HDF5.check(H5Fflush(file.identifier, H5F_SCOPE_GLOBAL))
            let count = H5Fget_file_image(file.identifier, nil, 0)
            guard count > 0 else { throw HDF5Failure() }
            return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                guard H5Fget_file_image(file.identifier, buffer.baseAddress, count) == count else {
                    throw HDF5Failure()
                }
                initialized = count
            }
        }
    }
#endif
