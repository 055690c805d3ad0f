#if Keras
    import CHDF5

    /// Texts that an attribute holds, of fixed or of any length.
    package enum HDF5Texts {
        /// The texts in an attribute of an object; nil when there is none, or it holds something else.
        ///
        /// - Parameter most: bytes of all of them.
        /// - Throws: `HDF5Failure` when they are longer, or cannot be read.
        package static func read(
            _ attribute: String, of object: borrowing HDF5Object, atMost most: Int
        ) throws -> [String]? {
            guard H5Aexists(object.identifier, attribute) > 0 else { return nil }
            let attribute = try HDF5Object(H5Aopen(object.identifier, attribute, 0), closedBy: H5Aclose)
            let type = try HDF5Object(H5Aget_type(attribute.identifier), closedBy: H5Tclose)
            let space = try HDF5Object(H5Aget_space(attribute.identifier), closedBy: H5Sclose)
            let count = H5Sget_simple_extent_npoints(space.identifier)
            guard count >= 0, count <= most else { throw HDF5Failure() }
            // An empty list of texts is stored as one of numbers.
            if count == 0 { return [] }
            guard H5Tget_class(type.identifier) == H5T_STRING else { return nil }
            return H5Tis_variable_str(type.identifier) > 0
                ? try texts(ofAnyLength: attribute, type, space, count: Int(count), atMost: most)
                : try texts(ofOneLength: attribute, type, count: Int(count), atMost: most)
        }

        private static func texts(
            ofAnyLength attribute: borrowing HDF5Object, _ type: borrowing HDF5Object, _ space: borrowing HDF5Object,
            count: Int, atMost most: Int
        ) throws -> [String] {
            var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
            try HDF5.check(H5Aread(attribute.identifier, type.identifier, &pointers))
            defer { _ = H5Dvlen_reclaim(type.identifier, space.identifier, 0, &pointers) }
            var left = most
            return try pointers.map { pointer in
                guard let pointer else { return "" }
                let length = strnlen(pointer, left + 1)
                guard length <= left else { throw HDF5Failure() }
                left -= length
                return String(decoding: UnsafeRawBufferPointer(start: pointer, count: length), as: UTF8.self)
            }
        }

        private static func texts(
            ofOneLength attribute: borrowing HDF5Object, _ type: borrowing HDF5Object, count: Int, atMost most: Int
        ) throws -> [String] {
            let length = H5Tget_size(type.identifier)
            guard length > 0, length <= most / count else { throw HDF5Failure() }
            var bytes = [UInt8](repeating: 0, count: length * count)
            try HDF5.check(H5Aread(attribute.identifier, type.identifier, &bytes))
            return (0..<count).map { number in
                let text = bytes[number * length..<(number + 1) * length]
                return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
    }
#endif
