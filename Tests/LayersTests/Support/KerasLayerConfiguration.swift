import Layers
import Testing

/// A case's configuration in Keras' words.
struct KerasLayerConfiguration: Decodable {
    let layer: String
    let training: Bool
    let filters: Int?
    let kernel_size: [Int]?
    let strides: [Int]?
    let dilation_rate: [Int]?
    let groups: Int?
    let depth_multiplier: Int?
    let output_padding: [Int]?
    let use_bias: Bool?
    let pool_size: [Int]?
    let padding: JSONPadding?
    let activation: String?
    let units: Int?
    let momentum: Float?
    let epsilon: Float?
    let negative_slope: Float?
    let alpha: Float?
    let approximate: Bool?

    /// Of windows, or the rows and columns around a map.
    enum JSONPadding: Decodable {
        case windows(Padding)
        case around([[Int]])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            self =
                if let padding = try? container.decode(Padding.self) { .windows(padding) } else {
                    .around(try container.decode([[Int]].self))
                }
        }
    }

    func windowPadding() throws -> Padding {
        guard case .windows(let padding)? = padding else { throw Missing() }
        return padding
    }

    func paddingAround() throws -> [[Int]] {
        guard case .around(let padding)? = padding else { throw Missing() }
        return padding
    }

    /// A configuration without what its layer needs.
    struct Missing: Error {}

    /// The function of a layer that is one.
    func activationFunction() throws -> ActivationFunction {
        switch (layer, activation) {
        case ("Activation", "relu"): return .relu
        case ("Activation", "sigmoid"): return .sigmoid
        case ("Activation", "tanh"): return .tanh
        case ("Activation", "softmax"): return .softmax
        case ("Activation", "elu"): return .elu(alpha: 1)
        case ("LeakyReLU", _): return .leakyReLU(slope: try #require(negative_slope))
        case ("ELU", _): return .elu(alpha: try #require(alpha))
        case ("Gelu", _): return .gelu(approximate: try #require(approximate as Bool?))
        default: throw Missing()
        }
    }
}
