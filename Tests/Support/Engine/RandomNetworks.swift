import LayerCatalog
import Layers
import Models
import Tensors

/// Random chains of layers: networks that nobody drew, to try plans on.
package enum RandomNetworks {
    package static func chain(seed: UInt64) throws -> Network {
        var stream = CounterBasedRandom(seed: seed).stream(.simulation)
        var side = 8 + stream.index(below: 10)
        var layers: [(name: String, kind: LayerKind)] = [("input", .input(shape: [side, side, 1]))]
        for number in 0..<stream.index(below: 9) {
            let kind: LayerKind
            switch stream.index(below: 6) {
            case 0 where side >= 3:
                kind = .convolution2D(
                    filters: 1 + stream.index(below: 20), kernelSize: Extent2D(3, 3), strides: Extent2D(1, 1),
                    padding: .valid, activation: .relu)
                side -= 2
            case 1 where side >= 4:
                kind = .maxPooling2D(poolSize: Extent2D(2, 2), strides: Extent2D(2, 2), padding: .valid)
                side /= 2
            case 2: kind = .dropout(rate: 0.25)
            case 3: kind = .dense(units: 1 + stream.index(below: 20), activation: .relu)
            default: kind = .batchNormalization(momentum: 0.99, epsilon: 0.001)
            }
            layers.append(("layer\(number)", kind))
        }
        layers.append(("flatten", .flatten))
        if stream.index(below: 2) == 0 { layers.append(("bn_flat", .batchNormalization(momentum: 0.9, epsilon: 0.01))) }
        if stream.index(below: 2) == 0 { layers.append(("fc", .dense(units: 17, activation: .relu))) }
        if stream.index(below: 2) == 0 { layers.append(("bn_fc", .batchNormalization(momentum: 0.9, epsilon: 0.01))) }
        let isPair = stream.index(below: 2) == 0
        layers.append(("fc_out", .dense(units: isPair ? 2 : 1, activation: isPair ? .softmax : .sigmoid)))
        return try Network(NetworkDescription(name: "chain \(seed)", sequence: layers))
    }

    /// A network with branches: each layer takes any earlier output, and some join two of them.
    package static func branched(seed: UInt64) throws -> Network {
        var stream = CounterBasedRandom(seed: seed).stream(.simulation, detail: 1)
        let side = 3 + stream.index(below: 6)
        var layers = [LayerDescription(name: "input", kind: .input(shape: [side, side, 1]), inputs: [])]
        var channels = ["input": 1]
        func append(_ name: String, _ kind: LayerKind, _ inputs: [String], channels count: Int) {
            layers.append(LayerDescription(name: name, kind: kind, inputs: inputs))
            channels[name] = count
        }
        for number in 0..<3 + stream.index(below: 10) {
            // Most often one of the last, so that the network grows deep.
            func earlier() -> String { layers[max(0, layers.count - 1 - stream.index(below: 4))].name }
            let (input, other, name) = (earlier(), earlier(), "layer\(number)")
            switch stream.index(below: 6) {
            case 0 where input != other && channels[input] == channels[other]:
                append(name, .add, [input, other], channels: channels[input]!)
            case 1 where input != other:
                append(name, .concatenate, [input, other], channels: channels[input]! + channels[other]!)
            case 2: append(name, .dense(units: 8, activation: .relu), [input], channels: 8)
            case 3: append(name, .activation(.relu), [input], channels: channels[input]!)
            default:
                append(
                    name, .batchNormalization(momentum: 0.99, epsilon: 0.001), [input], channels: channels[input]!)
            }
        }
        // What no other layer takes goes to the end.
        let taken = Set(layers.flatMap(\.inputs))
        let ends = layers.map(\.name).filter { !taken.contains($0) }
        var last = ends[0]
        if ends.count > 1 {
            append("join", .concatenate, ends, channels: ends.reduce(0) { $0 + channels[$1]! })
            last = "join"
        }
        append("flatten", .flatten, [last], channels: side * side * channels[last]!)
        append("fc_out", .dense(units: 2, activation: .softmax), ["flatten"], channels: 2)
        return try Network(NetworkDescription(name: "branched \(seed)", layers: layers))
    }

    /// A network with branches that takes features too: they join the flattened maps as they are and through layers of
    /// their own. Their input stands anywhere before those.
    package static func withFeatures(seed: UInt64) throws -> Network {
        var stream = CounterBasedRandom(seed: seed).stream(.simulation, detail: 2)
        var layers = Array(try branched(seed: seed).description.layers.dropLast())
        let first = layers.count
        func append(_ name: String, _ kind: LayerKind, _ inputs: [String]) {
            layers.append(LayerDescription(name: name, kind: kind, inputs: inputs))
        }
        var joined = ["flatten", "features"]
        let ownLayers = stream.index(below: 3)
        for number in 0..<ownLayers {
            let isDense = stream.index(below: 2) == 0
            append(
                "own\(number)",
                isDense ? .dense(units: 5, activation: .relu) : .batchNormalization(momentum: 0.9, epsilon: 0.01),
                [number == 0 ? "features" : "own\(number - 1)"])
        }
        if ownLayers > 0 { joined.append("own\(ownLayers - 1)") }
        if ownLayers > 0, stream.index(below: 2) == 0 { joined.remove(at: 1) }
        append("join_features", .concatenate, joined)
        var last = "join_features"
        if stream.index(below: 2) == 0 {
            append("bn_joined", .batchNormalization(momentum: 0.9, epsilon: 0.01), [last])
            last = "bn_joined"
        }
        append("fc_out", .dense(units: 2, activation: .softmax), [last])
        layers.insert(
            LayerDescription(
                name: "features", kind: .input(shape: [1 + stream.index(below: 20)]), inputs: []),
            at: stream.index(below: first + 1))
        return try Network(NetworkDescription(name: "with features \(seed)", layers: layers))
    }

    /// The notebook's small networks, many chains, many networks with branches and many that take features.
    package static func all(chains: UInt64 = 60, branched: UInt64 = 100, withFeatures: UInt64 = 60) throws -> [Network]
    {
        try [StandardNetwork.simple, .simpleBN, .vgg6].map { try .standard($0) }
            + (0..<chains).map { try chain(seed: $0) } + (0..<branched).map { try Self.branched(seed: $0) }
            + (0..<withFeatures).map { try Self.withFeatures(seed: $0) }
    }
}
