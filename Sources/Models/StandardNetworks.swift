import LayerCatalog
import Layers
import Tensors

/// The networks that the program knows by name: those of astroML's notebook "Deep Learning: Classifying Astronomical
/// Images", one for the recipe `survey`, and residual networks as PyTorch's torchvision builds them.
public enum StandardNetwork: String, CaseIterable, Sendable {
    case simple
    case simpleBN = "simple-bn"
    case vgg6
    /// Of the notebook's `vgg6` the convolutions and dense layers, twice as wide: where sources lie is still known to the
    /// dense layers, since maps are pooled to 2×2, and there is neither batch normalisation nor dropout.
    case vgg6Wide = "vgg6-wide"
    case resnet50
    /// Of torchvision, which `.pth` files are made of: ``torchvision``.
    case resnet18, resnet34
    case resnet50Torch = "resnet50-torch"

    /// The notebook's.
    public static let notebook: [StandardNetwork] = [.simple, .simpleBN, .vgg6, .resnet50]
    /// Those of torchvision.
    public static let torchvision: [StandardNetwork] = [.resnet18, .resnet34, .resnet50Torch]

    /// How many residual blocks each stage of a network of torchvision has, and whether they are bottlenecks.
    package var torchvisionBlocks: (counts: [Int], isDeep: Bool) {
        switch self {
        case .resnet18: ([2, 2, 2, 2], false)
        case .resnet34: ([3, 4, 6, 3], false)
        case .resnet50Torch: ([3, 4, 6, 3], true)
        case .simple, .simpleBN, .vgg6, .vgg6Wide, .resnet50: ([], false)
        }
    }

    /// The network for stamps of a size.
    ///
    /// - Parameters:
    ///   - features: how many features of each stamp the network takes beside it. They join what the layer `flatten`
    ///     gives in a layer `concatenate`, whose output goes on to the dense layers.
    ///   - classes: how many a softmax is over, or 1 for the sigmoid probability of the second of two.
    public func description(
        height: Int, width: Int, channels: Int = 1, features: Int = 0, classes: Int
    ) -> NetworkDescription {
        let network = description(of: [height, width, channels], classes: classes)
        return features > 0 ? network.joined(byFeatures: features) : network
    }

    /// The network that sees stamps of a shape alone.
    private func description(of stamps: Shape, classes: Int) -> NetworkDescription {
        let input = ("input", LayerKind.input(shape: stamps))
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
        case .vgg6Wide:
            return NetworkDescription(
                name: "VGG6-wide",
                sequence: [
                    input,
                    ("conv1", Self.convolution(32)), ("conv2", Self.convolution(32)),
                    ("max_pooling2d", Self.pooling(2)),
                    ("conv3", Self.convolution(64)), ("conv4", Self.convolution(64)),
                    ("max_pooling2d_1", Self.pooling(2)),
                    ("flatten", .flatten), ("fc_1", .dense(units: 128, activation: .relu)), output,
                ])
        case .resnet50: return residualNetwork(input: input.1, classes: classes)
        case .resnet18, .resnet34, .resnet50Torch:
            return TorchvisionResNet(blocks: torchvisionBlocks).description(rawValue, input.1, output.1)
        }
    }

    /// ResNet50 as the notebook builds it, without average pooling before the output.
    /// Source: K. He et al., "Deep residual learning for image recognition", CVPR 2016.
    private func residualNetwork(input: LayerKind, classes: Int) -> NetworkDescription {
        var chain = LayerChain(input)
        chain.append("zero_padding2d", .zeroPadding2D(top: 3, bottom: 3, left: 3, right: 3))
        chain.append("conv1", Self.linearConvolution(64, 7, stride: 2))
        chain.append("bn_conv1", Self.batchNormalization)
        chain.append("activation", .activation(.relu))
        chain.append(
            "max_pooling2d",
            .maxPooling2D(poolSize: Extent2D(3, 3), strides: Extent2D(2, 2), padding: .valid))
        for (stage, filters, blocks) in [(2, 64, "abc"), (3, 128, "abcd"), (4, 256, "abcdef"), (5, 512, "abc")] {
            for block in blocks {
                chain.appendResidualBlock(
                    "\(stage)\(block)", filters: filters, stride: stage > 2 && block == "a" ? 2 : 1,
                    projectsShortcut: block == "a")
            }
        }
        chain.append("flatten", .flatten)
        chain.append("fc\(classes)", .dense(units: classes, activation: classes == 1 ? .sigmoid : .softmax))
        return NetworkDescription(name: "ResNet50", layers: chain.layers)
    }

    fileprivate static func linearConvolution(_ filters: Int, _ size: Int, stride: Int = 1) -> LayerKind {
        .convolution2D(
            filters: filters, kernelSize: Extent2D(size, size), strides: Extent2D(stride, stride),
            padding: size == 3 ? .same : .valid, activation: .linear)
    }

    fileprivate static let batchNormalization = LayerKind.batchNormalization(momentum: 0.99, epsilon: 0.001)

    private static func convolution(_ filters: Int) -> LayerKind {
        .convolution2D(
            filters: filters, kernelSize: Extent2D(3, 3), strides: Extent2D(1, 1), padding: .valid, activation: .relu)
    }

    private static func pooling(_ size: Int) -> LayerKind {
        .maxPooling2D(poolSize: Extent2D(size, size), strides: Extent2D(size, size), padding: .valid)
    }
}

extension NetworkDescription {
    /// The network with a second input, which joins the flattened maps before the dense layers behind them.
    ///
    /// The new layers stand where Keras keeps them; both inputs are called as what they take.
    fileprivate func joined(byFeatures count: Int) -> NetworkDescription {
        let (stamps, features, flattened, joined) = ("stamps", "features", "flatten", "concatenate")
        var network = NetworkDescription(name: name, layers: [])
        for var layer in layers {
            if layer.inputs.isEmpty { layer.name = stamps }
            layer.inputs = layer.inputs.map { $0 == layers[0].name ? stamps : $0 == flattened ? joined : $0 }
            network.layers.append(layer)
            guard layer.name == flattened else { continue }
            network.layers.append(LayerDescription(name: features, kind: .input(shape: [count]), inputs: []))
            network.layers.append(
                LayerDescription(name: joined, kind: .concatenate, inputs: [flattened, features]))
        }
        return network
    }
}

/// Layers added one behind the other, with branches where a block needs them.
private struct LayerChain {
    private(set) var layers: [LayerDescription]
    private var activations = 0
    private var sums = 0

    init(_ input: LayerKind) { layers = [LayerDescription(name: "input", kind: input, inputs: [])] }

    var last: String { layers[layers.count - 1].name }

    /// Adds a layer behind the last one, or behind the named ones.
    mutating func append(_ name: String, _ kind: LayerKind, after inputs: [String]? = nil) {
        layers.append(LayerDescription(name: name, kind: kind, inputs: inputs ?? [last]))
    }

    /// The notebook's identity block, or with a projected shortcut its convolutional block.
    mutating func appendResidualBlock(_ block: String, filters: Int, stride: Int, projectsShortcut: Bool) {
        var shortcut = last
        let main = shortcut
        appendConvolution("\(block)_branch2a", filters, 1, stride: stride, after: main)
        appendActivation()
        appendConvolution("\(block)_branch2b", filters, 3, after: last)
        appendActivation()
        appendConvolution("\(block)_branch2c", 4 * filters, 1, after: last)
        let branch = last
        if projectsShortcut {
            appendConvolution("\(block)_branch1", 4 * filters, 1, stride: stride, after: main)
            shortcut = last
        }
        append(sums == 0 ? "add" : "add_\(sums)", .add, after: [branch, shortcut])
        sums += 1
        appendActivation()
    }

    private mutating func appendConvolution(
        _ name: String, _ filters: Int, _ size: Int, stride: Int = 1, after input: String
    ) {
        append("res\(name)", StandardNetwork.linearConvolution(filters, size, stride: stride), after: [input])
        append("bn\(name)", StandardNetwork.batchNormalization)
    }

    private mutating func appendActivation() {
        activations += 1
        append("activation_\(activations)", .activation(.relu))
    }
}
