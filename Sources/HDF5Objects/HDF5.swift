#if Keras
    import CHDF5
    import Synchronization

    /// An object of the HDF5 library, closed when nobody holds it any more.
    package struct HDF5Object: ~Copyable {
        package let identifier: hid_t
        private let close: (hid_t) -> herr_t

        /// - Throws: `HDF5Failure` when the library gave no identifier.
        package init(_ identifier: hid_t, closedBy close: @escaping (hid_t) -> herr_t) throws {
            guard identifier >= 0 else { throw HDF5Failure() }
            self.identifier = identifier
            self.close = close
        }

        /// A group in another one, by the names on the way; nil where there is no such object in this file itself.
        ///
        /// - Throws: `HDF5Failure` when an object on the way is no group.
        package init?(group path: ArraySlice<String>, in parent: borrowing HDF5Object) throws {
            guard let name = path.first else { throw HDF5Failure() }
            guard hdf5_is_hard_link(parent.identifier, name) else { return nil }
            let group = try HDF5Object(H5Gopen2(parent.identifier, name, 0), closedBy: H5Gclose)
            if path.count == 1 {
                self = group
            } else {
                guard let inner = try HDF5Object(group: path.dropFirst(), in: group) else { return nil }
                self = inner
            }
        }

        deinit { _ = close(identifier) }
    }

    /// A call of the HDF5 library that did not succeed. What it means depends on who called.
    package struct HDF5Failure: Error {
        package init() {}
    }

    package enum HDF5 {
        /// The library may be built without support for threads.
        private static let lock = Mutex(())

        /// Runs `body`, which may call the library, while nobody else does.
        package static func exclusively<Result>(_ body: () throws -> Result) rethrows -> Result {
            try lock.withLock { _ in
                // Errors are thrown, not printed; and no filter named by a file is loaded from somewhere.
                H5Eset_auto2(hid_t(H5E_DEFAULT), nil, nil)
                H5PLset_loading_state(0)
                return try body()
            }
        }

        /// Turns a status of the library into an error.
        package static func check(_ status: herr_t) throws {
            if status < 0 { throw HDF5Failure() }
        }

        /// Properties of files that live in memory and never on disk.
        package static func memoryAccess() throws -> HDF5Object {
            let access = try HDF5Object(H5Pcreate(hdf5_file_access_class()), closedBy: H5Pclose)
            try check(H5Pset_fapl_core(access.identifier, 1 << 20, false))
            return access
        }
    }
#endif
