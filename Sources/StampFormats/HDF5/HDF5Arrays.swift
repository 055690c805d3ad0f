#if Keras
    import CHDF5
    import Faults
    import Files
    import HDF5Objects

    /// The arrays of numbers of an open HDF5 file, as far as links lead to objects of this file.
    struct HDF5Arrays: ~Copyable {
        enum Result {
            case found(HDF5Array)
            case missing(problem: String, remedy: String)
        }

        /// A file of stamps has no more.
        private static let mostObjects = 10_000
        private static let mostLevels = 32

        private let root: HDF5Object
        /// What messages call the file.
        private let file: String

        init(_ file: borrowing HDF5Object, file name: String) throws {
            root = try HDF5Object(H5Gopen2(file.identifier, "/", 0), closedBy: H5Gclose)
            self.file = name
        }

        /// The array at a path, or the only one below it that stamps may be.
        ///
        /// - Parameter part: nil for the whole file.
        borrowing func array(_ part: String?) throws -> Result {
            let path = part ?? ""
            guard let named = try named(path.split(separator: "/").map(String.init)) else {
                return try missing("holds nothing called \(path)")
            }
            let arrays: [HDF5Array]
            switch named {
            case .group(let below): arrays = below.filter { StampShape.isOfStamps($0.shape) }
            case .dataset(let all):
                // A dataset or field that was named is wanted, whatever its shape.
                guard all.count > 1 else { arrays = all; break }
                arrays = all.filter { StampShape.isOfStamps($0.shape) }
            }
            if arrays.count == 1 { return .found(arrays[0]) }
            let place = part.map { "\($0) " } ?? ""
            guard !arrays.isEmpty else {
                throw Fault(
                    .badData, file, "\(place)holds no numbers that could be stamps",
                    remedy: "save them as a dataset of shape (N, height, width) or (N, height, width, channels)")
            }
            throw Fault(
                .badData, file, "\(place)holds several arrays that may be stamps: \(Self.list(arrays))",
                remedy: "\(file):\(arrays[0].path) selects one")
        }

        /// What a path leads to.
        private enum Named {
            /// The arrays below a group.
            case group([HDF5Array])
            /// Those of a dataset: one, or the fields of a table.
            case dataset([HDF5Array])
        }

        /// Nil when it leads nowhere.
        private borrowing func named(_ names: [String]) throws -> Named? {
            var group = try HDF5Object(H5Gopen2(root.identifier, "/", 0), closedBy: H5Gclose)
            for (level, name) in names.enumerated() {
                guard hdf5_is_hard_link(group.identifier, name) else { return nil }
                let object = try HDF5Object(H5Oopen(group.identifier, name, 0), closedBy: H5Oclose)
                let path = "/" + names[...level].joined(separator: "/")
                switch H5Iget_type(object.identifier) {
                case H5I_GROUP: group = object
                case H5I_DATASET:
                    let field = names[(level + 1)...].joined(separator: "/")
                    let arrays = try HDF5Array.all(of: object, path: path)
                    guard !field.isEmpty else { return .dataset(arrays) }
                    let fields = arrays.filter { $0.field == field }
                    return fields.isEmpty ? nil : .dataset(fields)
                default: return nil
                }
            }
            var arrays: [HDF5Array] = []
            var seen: Set<UInt64> = [hdf5_object_number(group.identifier)]
            let path = names.isEmpty ? "" : "/" + names.joined(separator: "/")
            try collect(group, path: path, levels: Self.mostLevels, seen: &seen, into: &arrays)
            return .group(arrays)
        }

        /// Adds the arrays below a group.
        ///
        /// - Parameter seen: the numbers of all objects so far.
        private borrowing func collect(
            _ group: borrowing HDF5Object, path: String, levels: Int, seen: inout Set<UInt64>,
            into arrays: inout [HDF5Array]
        ) throws {
            var information = H5G_info_t()
            try HDF5.check(H5Gget_info(group.identifier, &information))
            for place in 0..<information.nlinks {
                guard seen.count <= Self.mostObjects, levels > 0 else {
                    throw Fault(
                        .badData, file,
                        """
                        holds more than \(Self.mostObjects) objects, or some within more than \(Self.mostLevels) \
                        groups
                        """,
                        remedy: "name the dataset: \(file):/PATH")
                }
                let name = try Self.name(ofLink: place, in: group)
                guard hdf5_is_hard_link(group.identifier, name) else { continue }
                let object = try HDF5Object(H5Oopen(group.identifier, name, 0), closedBy: H5Oclose)
                // Objects may have several names, and groups be within themselves.
                guard seen.insert(hdf5_object_number(object.identifier)).inserted else { continue }
                let below = "\(path)/\(name)"
                switch H5Iget_type(object.identifier) {
                case H5I_GROUP: try collect(object, path: below, levels: levels - 1, seen: &seen, into: &arrays)
                case H5I_DATASET: arrays += try HDF5Array.all(of: object, path: below)
                default: continue
                }
            }
        }

        private static func name(ofLink place: hsize_t, in group: borrowing HDF5Object) throws -> String {
            let length = H5Lget_name_by_idx(group.identifier, ".", H5_INDEX_NAME, H5_ITER_INC, place, nil, 0, 0)
            guard length >= 0, length < 1 << 16 else { throw HDF5Failure() }
            return try withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { text in
                let read = H5Lget_name_by_idx(
                    group.identifier, ".", H5_INDEX_NAME, H5_ITER_INC, place, text.baseAddress, length + 1, 0)
                guard read == length else { throw HDF5Failure() }
                return String(cString: text.baseAddress!)
            }
        }

        private borrowing func missing(_ problem: String) throws -> Result {
            guard case .group(let all) = try named([]) else { throw HDF5Failure() }
            let candidates = all.filter { StampShape.isOfStamps($0.shape) }
            return .missing(
                problem: problem,
                remedy: candidates.isEmpty
                    ? "nothing in the file can be stamps" : "name one of \(Self.list(candidates))")
        }

        private static func list(_ arrays: [HDF5Array]) -> String {
            let longest = 12
            let names = arrays.prefix(longest).map(\.path).joined(separator: ", ")
            return arrays.count > longest ? "\(names), … (\(arrays.count) in all)" : names
        }
    }
#endif
