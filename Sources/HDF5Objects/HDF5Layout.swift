#if Keras
    import CHDF5

    /// How a dataset's values are stored.
    package enum HDF5Layout {
        /// One after another in the file.
        case contiguous
        /// With the file's own records.
        case compact
        /// In chunks of so many values, which filters may have packed.
        case chunked(values: Double)
        /// In other files, or made of other datasets.
        case elsewhere

        /// - Throws: `HDF5Failure` when the dataset does not say.
        package init(of dataset: borrowing HDF5Object) throws {
            let properties = try Self.properties(of: dataset)
            let layout = H5Pget_layout(properties.identifier)
            guard H5Pget_external_count(properties.identifier) == 0 else {
                self = .elsewhere
                return
            }
            switch layout {
            case H5D_CONTIGUOUS: self = .contiguous
            case H5D_COMPACT: self = .compact
            case H5D_CHUNKED:
                var extents = [hsize_t](repeating: 0, count: 32)
                let rank = H5Pget_chunk(properties.identifier, Int32(extents.count), &extents)
                guard rank > 0 else { throw HDF5Failure() }
                self = .chunked(values: extents[..<Int(rank)].reduce(1) { $0 * Double($1) })
            default: self = .elsewhere
            }
        }

        /// The number of a filter that has packed chunks and that the library lacks; nil if it has all.
        package static func missingFilter(of dataset: borrowing HDF5Object) throws -> Int? {
            let properties = try Self.properties(of: dataset)
            for place in 0..<max(0, H5Pget_nfilters(properties.identifier)) {
                let filter = hdf5_filter(properties.identifier, UInt32(place))
                guard filter >= 0 else { throw HDF5Failure() }
                if H5Zfilter_avail(filter) <= 0 { return Int(filter) }
            }
            return nil
        }

        private static func properties(of dataset: borrowing HDF5Object) throws -> HDF5Object {
            try HDF5Object(H5Dget_create_plist(dataset.identifier), closedBy: H5Pclose)
        }
    }
#endif
