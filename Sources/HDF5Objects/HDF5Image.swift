#if Keras
    import CHDF5

    /// An HDF5 file that is open for reading where its bytes lie.
    package struct HDF5Image: ~Copyable {
        package let file: HDF5Object
        private let access: HDF5Object

        /// Opens the file in these bytes, which must stay as long as it is open; `name` stands for it in the library.
        ///
        /// - Throws: `HDF5Failure` when they are no HDF5 file.
        package init(_ bytes: UnsafeRawBufferPointer, name: String) throws {
            let access = try HDF5.memoryAccess()
            try HDF5.check(hdf5_set_shared_image(access.identifier, bytes.baseAddress, bytes.count))
            file = try HDF5Object(hdf5_open_for_reading(name, access.identifier), closedBy: H5Fclose)
            self.access = access
        }
    }
#endif
