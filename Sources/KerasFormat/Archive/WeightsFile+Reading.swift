#if Keras
    import Faults
    import Isolation
    import LayerCatalog
    import Models

    /// `model.weights.h5`: a group for each layer with weights, in it `vars` with datasets 0, 1, 2 ….
    enum WeightsFile {
        static let name = "model.weights.h5"

        /// Copies all weights of `network` out of the file.
        ///
        /// - Throws: a `badData` fault that names the first weight that is missing or has another shape.
        static func read(_ file: KerasZip.Contents, network: Network, into weights: Weights, path: String) throws {
            let layers = try KerasVariables.all(of: network)
            let groups = layers.map { layer in
                WeightsDecoder.Group(
                    name: layer.group,
                    weights: layer.parameters.map {
                        WeightsDecoder.Weight(name: $0.name, shape: $0.shape.extents)
                    })
            }
            let request = WeightsDecoder.Request(path: path, groups: groups)
            let payload = try file.withBytes { bytes in
                try DecodingProcess.shared.decode(
                    WeightsDecoder.self, request, in: file.file.map { .file($0) } ?? .memory(bytes),
                    range: file.file.map { _ in file.range }, name: path
                ).payload
            }
            let parameters = layers.flatMap(\.parameters)
            let count = parameters.reduce(0) { $0 + $1.shape.count }
            guard payload.bytes.count == count * MemoryLayout<Float>.stride else {
                throw Fault(
                    .badData, path, "its \(name) is damaged", remedy: "save the model again with Keras 3")
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
