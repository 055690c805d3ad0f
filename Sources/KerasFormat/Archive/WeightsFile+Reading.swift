#if Keras
    import Faults
    import Isolation
    import LayerCatalog
    import Models

    /// `model.weights.h5`: a group for each layer with weights, in it `vars` with datasets 0, 1, 2 ….
    enum WeightsFile {
        static let name = "model.weights.h5"

        /// The weights of one layer, where they stand in a file and where they go.
        struct Group {
            let source: WeightsDecoder.Group
            let parameters: [Network.Parameter]
        }

        /// Values that are read at a time, unless one layer has more: a model takes its own size in memory, not more.
        private static let mostValues = 1 << 22

        /// Copies all weights of a network out of the file.
        ///
        /// - Throws: a `badData` fault that names the first weight that is missing or has another shape.
        static func read(
            _ file: KerasContents, of model: KerasModel, _ layout: KerasWeightsLayout = .layers, network: Network,
            into weights: Weights, path: String, part: String
        ) throws {
            let groups = try KerasVariables.all(of: network, model, layout).map { layer in
                Group(
                    source: WeightsDecoder.Group(
                        path: layer.path + ["vars"], isWhole: true,
                        weights: layer.parameters.enumerated().map { number, parameter in
                            WeightsDecoder.Weight(
                                name: parameter.name, path: ["\(number)"], shape: parameter.shape.extents)
                        }),
                    parameters: layer.parameters)
            }
            try read(groups, file, into: weights, path: path, part: part)
        }

        /// Copies the weights of these layers out of the file.
        static func read(
            _ groups: [Group], _ file: KerasContents, into weights: Weights, path: String, part: String
        ) throws {
            var start = 0
            while start < groups.count {
                var (end, count) = (start, 0)
                repeat {
                    count += groups[end].source.valueCount
                    end += 1
                } while end < groups.count && count + groups[end].source.valueCount <= mostValues
                try readAtOnce(groups[start..<end], file, into: weights, path: path, part: part)
                start = end
            }
        }

        private static func readAtOnce(
            _ groups: ArraySlice<Group>, _ file: KerasContents, into weights: Weights, path: String, part: String
        ) throws {
            let request = WeightsDecoder.Request(path: path, part: part, groups: groups.map(\.source))
            let payload = try file.decode(WeightsDecoder.self, request, name: path).payload
            let parameters = groups.flatMap(\.parameters)
            let count = parameters.reduce(0) { $0 + $1.shape.count }
            guard payload.bytes.count == count * MemoryLayout<Float>.stride else {
                throw Fault(.badData, path, "\(part)is damaged", remedy: "save the model again with Keras 3")
            }
            withExtendedLifetime(payload) {
                var values = payload.bytes.assumingMemoryBound(to: Float.self)[...]
                for parameter in parameters {
                    let count = parameter.shape.count
                    if let base = UnsafeBufferPointer(rebasing: values.prefix(count)).baseAddress {
                        weights.pointer(parameter).update(from: base, count: count)
                    }
                    values = values.dropFirst(count)
                }
            }
        }
    }
#endif
