import Layers
import Models
import Tensors

/// Random chains of layers: networks that nobody drew, to try plans on.
enum RandomNetworks {
    static func chain(seed: UInt64) throws -> Network {
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

    /// The standard networks and many chains.
    static func all() throws -> [Network] {
        try StandardNetwork.allCases.map { try .standard($0) } + (0..<60).map { try chain(seed: $0) }
    }
}
