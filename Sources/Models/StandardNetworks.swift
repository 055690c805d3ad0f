import Layers
import Tensors

/// The networks of astroML's notebook "Deep Learning: Classifying Astronomical Images", by name.
public enum StandardNetwork: String, CaseIterable, Sendable {
    case simple
    case simpleBN = "simple-bn"
    case vgg6

    /// The network for stamps of a size.
    /// - Parameter classes: 2 for a softmax over (noise, source), 1 for the sigmoid probability of a source.
    public func description(height: Int, width: Int, classes: Int) -> NetworkDescription {
        let input = ("input", LayerKind.input(shape: [height, width, 1]))
        let output = (
            "fc_out", LayerKind.dense(units: classes, activation: classes == 1 ? .sigmoid : .softmax)
        )
        switch self {
        case .simple, .simpleBN:
            var layers = [input, ("fc_1", LayerKind.dense(units: 30, activation: .relu))]
            // The notebook's text describes this layer and its code forgets it.
            if self == .simpleBN { layers.append(("bn_1", Self.batchNormalization)) }
            layers += [("fc_2", .dense(units: 30, activation: .relu)), ("flatten", .flatten), output]
            return NetworkDescription(name: self == .simple ? "simple" : "simple-bn", sequence: layers)
        case .vgg6:
            return NetworkDescription(
                name: "VGG6",
                sequence: [
                    input,
                    ("conv1", Self.convolution(16)), ("conv2", Self.convolution(16)),
                    ("max_pooling2d", Self.pooling(2)), ("dropout", .dropout(rate: 0.25)),
                    ("conv3", Self.convolution(32)), ("conv4", Self.convolution(32)),
                    ("bn_2", Self.batchNormalization),
                    ("max_pooling2d_1", Self.pooling(4)), ("dropout_1", .dropout(rate: 0.25)),
                    ("flatten", .flatten), ("fc_1", .dense(units: 256, activation: .relu)),
                    ("dropout_2", .dropout(rate: 0.5)), output,
                ])
        }
    }

    private static let batchNormalization = LayerKind.batchNormalization(momentum: 0.99, epsilon: 0.001)

    private static func convolution(_ filters: Int) -> LayerKind {
        .convolution2D(
            filters: filters, kernelSize: Extent2D(3, 3), strides: Extent2D(1, 1), padding: .valid, activation: .relu)
    }

    private static func pooling(_ size: Int) -> LayerKind {
        .maxPooling2D(poolSize: Extent2D(size, size), strides: Extent2D(size, size), padding: .valid)
    }
}
