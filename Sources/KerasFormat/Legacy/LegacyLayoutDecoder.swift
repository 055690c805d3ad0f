#if Keras
    import CHDF5
    import Faults
    import Files
    import HDF5Objects
    import Isolation

    /// Finds out what an HDF5 file of Keras' holds, in a process of its own: the configuration of a model, and names and
    /// shapes of weights.
    package enum LegacyLayoutDecoder: IsolatedDecoder {
        package struct Request: Codable {
            /// What messages call the file.
            let path: String
        }

        package struct Answer: Codable {
            /// The model as JSON; nil in a file of weights alone.
            let configuration: String?
            /// How the model was trained, as JSON.
            let training: String?
            /// The version of Keras that wrote the file, and what it computed with.
            let version: String?
            let backend: String?
            /// Whether weights are kept as in a `.keras` file rather than by the names of layers.
            let isCurrent: Bool
            /// The names of groups from the file's root to the one with the layers.
            let root: [String]
            let layers: [Layer]
        }

        /// A layer with weights.
        package struct Layer: Codable {
            let name: String
            let weights: [Weight]
        }

        package struct Weight: Codable {
            /// Groups in that of the layer and a dataset, with slashes between.
            let name: String
            let shape: [Int]

            /// The names on the way.
            var path: [String] { name.split(separator: "/").map(String.init) }
        }

        package static let name = "keras-hdf5"

        /// As many weights as a file may name.
        private static let mostWeights = 1 << 16

        package static func decode(
            _ request: Request, _ bytes: UnsafeRawBufferPointer, _ payload: DecodedPayload
        ) throws -> Answer {
            do {
                return try HDF5.exclusively { try answer(HDF5Image(bytes, name: "model.h5")) }
            } catch is HDF5Failure {
                throw Fault(
                    .badData, request.path, "is damaged or holds no model of Keras'",
                    remedy: "save the model again: model.save(\"model.keras\")")
            }
        }

        private static func answer(_ image: borrowing HDF5Image) throws -> Answer {
            let root = hdf5_is_hard_link(image.file.identifier, "model_weights") ? ["model_weights"] : []
            let configuration = try text("model_config", of: image.file)
            if root.isEmpty {
                return try answer(configuration, image.file, root, weightsOf: image.file)
            }
            guard let weights = try HDF5Object(group: root[...], in: image.file) else { throw HDF5Failure() }
            return try answer(configuration, image.file, root, weightsOf: weights)
        }

        private static func answer(
            _ configuration: String?, _ file: borrowing HDF5Object, _ root: [String],
            weightsOf group: borrowing HDF5Object
        ) throws -> Answer {
            let names = try texts("layer_names", of: group)
            let isCurrent = names == nil && hdf5_is_hard_link(file.identifier, "layers")
            guard names != nil || isCurrent || configuration != nil else { throw HDF5Failure() }
            var count = 0
            var layers: [Layer] = []
            for name in names ?? [] {
                let weights = try weights(of: name, in: group)
                count += weights.count
                guard count <= mostWeights else { throw HDF5Failure() }
                if !weights.isEmpty { layers.append(Layer(name: name, weights: weights)) }
            }
            return Answer(
                configuration: configuration, training: try text("training_config", of: file),
                version: try text("keras_version", of: file) ?? text("keras_version", of: group),
                backend: try text("backend", of: file) ?? text("backend", of: group), isCurrent: isCurrent, root: root,
                layers: layers)
        }

        private static func text(_ attribute: String, of object: borrowing HDF5Object) throws -> String? {
            try HDF5Texts.read(attribute, of: object, atMost: JSONText.mostBytes)?.first
        }

        /// A list of names, which Keras cuts into numbered attributes when it is long.
        private static func texts(_ attribute: String, of object: borrowing HDF5Object) throws -> [String]? {
            if let whole = try HDF5Texts.read(attribute, of: object, atMost: 1 << 22) { return whole }
            var all: [String] = []
            var number = 0
            while let part = try HDF5Texts.read("\(attribute)\(number)", of: object, atMost: 1 << 22) {
                all += part
                number += 1
                guard all.count <= mostWeights else { throw HDF5Failure() }
            }
            return number == 0 ? nil : all
        }

        private static func weights(of layer: String, in root: borrowing HDF5Object) throws -> [Weight] {
            let path = layer.split(separator: "/").map(String.init)
            guard !path.isEmpty, let group = try HDF5Object(group: path[...], in: root) else { return [] }
            return try (texts("weight_names", of: group) ?? []).map { name in
                Weight(name: name, shape: try shape(of: name, in: group))
            }
        }

        private static func shape(of name: String, in group: borrowing HDF5Object) throws -> [Int] {
            let path = name.split(separator: "/").map(String.init)
            guard let last = path.last else { throw HDF5Failure() }
            if path.count == 1 { return try shape(ofDataset: last, in: group) }
            guard let inner = try HDF5Object(group: path.dropLast(), in: group) else { throw HDF5Failure() }
            return try shape(ofDataset: last, in: inner)
        }

        private static func shape(ofDataset name: String, in group: borrowing HDF5Object) throws -> [Int] {
            guard hdf5_is_hard_link(group.identifier, name) else { throw HDF5Failure() }
            let dataset = try HDF5Object(H5Dopen2(group.identifier, name, 0), closedBy: H5Dclose)
            let space = try HDF5Object(H5Dget_space(dataset.identifier), closedBy: H5Sclose)
            let rank = H5Sget_simple_extent_ndims(space.identifier)
            guard (0...8).contains(rank) else { throw HDF5Failure() }
            var extents = [hsize_t](repeating: 0, count: max(1, Int(rank)))
            try HDF5.check(H5Sget_simple_extent_dims(space.identifier, &extents, nil))
            return extents.prefix(Int(rank)).map { Int(clamping: $0) }
        }
    }
#endif
