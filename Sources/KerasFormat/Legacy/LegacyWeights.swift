#if Keras
    import Faults
    import LayerCatalog
    import Models

    /// Finds the weights of a network among those of an HDF5 file of Keras', where they stand by the names of layers.
    ///
    /// Source: `load_weights_from_hdf5_group` in keras/src/legacy/saving/legacy_h5_format.py: layer by layer those that
    /// have weights, and in each as many as it has, trained ones first.
    struct LegacyWeights {
        private typealias Weight = LegacyLayoutDecoder.Weight
        private typealias FileLayer = LegacyLayoutDecoder.Layer

        let path: String
        let layout: LegacyLayoutDecoder.Answer
        let network: Network

        /// Where the weights of each layer of the model stand.
        ///
        /// - Throws: a `badData` fault that names the first that is missing or has another shape.
        func groups(of model: KerasModel) throws -> [WeightsFile.Group] {
            let byOwner = network.kerasParameters
            let members = model.members.filter { member in
                member.layers.contains { byOwner[$0.writtenOutName].map { !$0.isEmpty } ?? false }
            }
            let named = Dictionary(layout.layers.map { ($0.name, $0) }) { first, _ in first }
            if members.allSatisfy({ named[$0.name] != nil }) {
                return try members.map { try group(named[$0.name]!, $0, byOwner) }
            }
            if let groups = groupsByWeightNames() { return groups }
            guard members.count == layout.layers.count else {
                let lost = members.first { named[$0.name] == nil }?.name ?? ""
                throw fault(
                    "has weights of \(layout.layers.count) layers, the network of \(members.count): "
                        + "it lacks those of \(lost)")
            }
            return try zip(layout.layers, members).map { try group($0, $1, byOwner) }
        }

        /// The weights of a layer of the file, or of a model in its place.
        private func group(
            _ layer: FileLayer, _ member: KerasMember, _ byOwner: [String: [Network.Parameter]]
        ) throws -> WeightsFile.Group {
            let all = member.layers.flatMap { byOwner[$0.writtenOutName] ?? [] }
            let trained = member.layers.flatMap { inner in
                (byOwner[inner.writtenOutName] ?? []).filter { inner.isTrainable && $0.isTrainable }
            }
            let trainedFirst = trained + all.filter { !trained.contains($0) }
            guard layer.weights.count == all.count else {
                throw fault("has \(layer.weights.count) weights in layer \(layer.name), which has \(all.count)")
            }
            let fitting = [trainedFirst, all].first { order in
                zip(order, layer.weights).allSatisfy { $0.shape.extents == $1.shape && Self.goTogether($0, $1) }
            }
            let order = fitting ?? trainedFirst
            if fitting == nil,
                let (parameter, weight) = zip(order, layer.weights).first(where: { parameter, weight in
                    parameter.shape.extents == weight.shape && !Self.goTogether(parameter, weight)
                })
            {
                throw fault("has \(weight.name) in the place of \(parameter.name)")
            }
            return group(layer.name, Array(zip(layer.weights, order)))
        }

        /// All weights by the names of their layers and their own, wherever they stand; nil where one is not there.
        private func groupsByWeightNames() -> [WeightsFile.Group]? {
            var found: [[String]: (layer: String, weight: Weight)] = [:]
            for layer in layout.layers {
                for weight in layer.weights where weight.path.count > 1 {
                    let owner = weight.path[weight.path.count - 2]
                    guard found.updateValue((layer.name, weight), forKey: [owner, Self.variable(weight)]) == nil else {
                        return nil
                    }
                }
            }
            var groups: [WeightsFile.Group] = []
            for parameter in network.parameters {
                guard let (layer, weight) = found[parameter.name.split(separator: "/").map(String.init)] else {
                    return nil
                }
                groups.append(group(layer, [(weight, parameter)]))
            }
            return groups
        }

        private func group(_ layer: String, _ pairs: [(Weight, Network.Parameter)]) -> WeightsFile.Group {
            WeightsFile.Group(
                source: WeightsDecoder.Group(
                    path: layout.root + layer.split(separator: "/").map(String.init), isWhole: false,
                    weights: pairs.map { weight, parameter in
                        WeightsDecoder.Weight(name: parameter.name, path: weight.path, shape: parameter.shape.extents)
                    }),
                parameters: pairs.map { $0.1 })
        }

        // MARK: Names

        /// The names of variables in any layer: a weight that has one of them is that variable.
        private static let variables = Set(LayerCatalog.all.flatMap { $0.kerasVariables })

        /// The last part of a weight's name, without the number of an output and of a copy: `kernel` for
        /// `conv/kernel_1:0`.
        private static func variable(_ weight: Weight) -> String {
            let name = (weight.path.last ?? "").prefix { $0 != ":" }
            guard let underscore = name.lastIndex(of: "_"), Int(name[name.index(after: underscore)...]) != nil else {
                return String(name)
            }
            return String(name[..<underscore])
        }

        /// Whether the names do not say that a weight is another variable.
        private static func goTogether(_ parameter: Network.Parameter, _ weight: Weight) -> Bool {
            let variable = variable(weight)
            return !variables.contains(variable) || parameter.name.hasSuffix("/\(variable)")
        }

        // MARK: Theano

        /// Turns kernels round that Theano used for a convolution where others correlate.
        ///
        /// Source: `preprocess_weights_for_loading` in Keras 2.2's keras/engine/saving.py.
        func turnKernelsOfTheano(_ weights: Weights) {
            guard layout.backend == "theano" else { return }
            let turned = Set(
                network.description.layers.filter {
                    ["Conv2D", "Conv2DTranspose"].contains($0.kind.options.kerasClass)
                }
                .map { "\($0.name)/kernel" })
            for parameter in network.parameters where turned.contains(parameter.name) {
                let taps = parameter.shape.extents[0] * parameter.shape.extents[1]
                let length = parameter.shape.count / taps
                let values = weights.pointer(parameter)
                for tap in 0..<taps / 2 {
                    let other = taps - 1 - tap
                    for index in 0..<length {
                        let value = values[tap * length + index]
                        values[tap * length + index] = values[other * length + index]
                        values[other * length + index] = value
                    }
                }
            }
        }

        private func fault(_ problem: String) -> Fault {
            Fault(.badData, path, problem, remedy: "use weights of the same network, stamp size and number of classes")
        }
    }
#endif
