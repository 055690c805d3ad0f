import Layers
import Tensors

/// A network as data: layers by name, each with its options and the names of its inputs. It is stored with each model.
public struct NetworkDescription: Hashable, Sendable, Codable {
    /// The network's name, for instance `VGG6`.
    public var name: String
    /// Layers in an order in which inputs come before their users; the first is the input, the last the output.
    public var layers: [LayerDescription]

    public init(name: String, layers: [LayerDescription]) {
        self.name = name
        self.layers = layers
    }

    /// A chain of layers, each fed by the one before it.
    public init(name: String, sequence: [(name: String, kind: LayerKind)]) {
        self.name = name
        layers = []
        for (layerName, kind) in sequence {
            layers.append(LayerDescription(name: layerName, kind: kind, inputs: layers.last.map { [$0.name] } ?? []))
        }
    }
}

/// One layer of a description.
public struct LayerDescription: Hashable, Sendable, Codable {
    public var name: String
    public var kind: LayerKind
    /// The names of the layers that feed this one.
    public var inputs: [String]

    public init(name: String, kind: LayerKind, inputs: [String]) {
        self.name = name
        self.kind = kind
        self.inputs = inputs
    }
}

/// The kinds of layers there are, with the options that Keras gives them.
public enum LayerKind: Hashable, Sendable, Codable {
    case input(shape: Shape)
    case dense(units: Int, activation: ActivationFunction, useBias: Bool = true)
    case convolution2D(
        filters: Int, kernelSize: Extent2D, strides: Extent2D, padding: Padding, activation: ActivationFunction,
        useBias: Bool = true)
    /// Rows and columns of zeros around a map.
    case zeroPadding2D(top: Int, bottom: Int, left: Int, right: Int)
    case maxPooling2D(poolSize: Extent2D, strides: Extent2D, padding: Padding)
    case averagePooling2D(poolSize: Extent2D, strides: Extent2D, padding: Padding)
    /// The mean of each channel; with `keepDimensions` as a map of one pixel.
    case globalAveragePooling2D(keepDimensions: Bool)
    case globalMaxPooling2D(keepDimensions: Bool)
    /// Over the last axis; `scale` has γ and `center` has β.
    case batchNormalization(momentum: Float, epsilon: Float, center: Bool = true, scale: Bool = true)
    case activation(ActivationFunction)
    case dropout(rate: Float)
    case flatten
    /// The sum of inputs of one shape.
    case add
    /// Inputs side by side along the last axis.
    case concatenate

    /// The name of the Keras class.
    public var kerasName: String {
        switch self {
        case .input: "InputLayer"
        case .dense: "Dense"
        case .convolution2D: "Conv2D"
        case .zeroPadding2D: "ZeroPadding2D"
        case .maxPooling2D: "MaxPooling2D"
        case .averagePooling2D: "AveragePooling2D"
        case .globalAveragePooling2D: "GlobalAveragePooling2D"
        case .globalMaxPooling2D: "GlobalMaxPooling2D"
        case .batchNormalization: "BatchNormalization"
        case .activation: "Activation"
        case .dropout: "Dropout"
        case .flatten: "Flatten"
        case .add: "Add"
        case .concatenate: "Concatenate"
        }
    }
}
