import LayerCatalog
import Layers
import Tensors

/// A residual network as `torchvision.models` builds it: batch normalisation behind convolutions without bias, padding
/// of one value on each side before convolutions and the pool, whatever their stride, and a mean over the last maps.
///
/// Its layers have the names of torchvision's modules, so that a parameter's name tells its key in a state dict. Layers
/// without parameters that torchvision does not have, the paddings, have names of their own.
/// Source: K. He et al., "Deep residual learning for image recognition", CVPR 2016; where `isDeep`, the stride is that of
/// the middle convolution ("ResNet v1.5").
struct TorchvisionResNet {
    /// How many blocks each of the four stages has, and whether they are bottlenecks of three convolutions rather than
    /// two of 3×3.
    let blocks: (counts: [Int], isDeep: Bool)

    /// - Parameter output: the dense layer `fc`.
    func description(_ name: String, _ input: LayerKind, _ output: LayerKind) -> NetworkDescription {
        var chain = Chain(input)
        chain.append("pad", .zeroPadding2D(top: 3, bottom: 3, left: 3, right: 3))
        chain.append("conv1", Chain.convolution(64, 7, stride: 2, padding: .valid))
        chain.append("bn1", Chain.batchNormalization)
        chain.append("relu", .activation(.relu))
        // Zeros are as good as torch's −∞ behind a rectifier.
        chain.append("maxpool.pad", Chain.padding)
        chain.append("maxpool", .maxPooling2D(poolSize: Extent2D(3, 3), strides: Extent2D(2, 2), padding: .valid))
        var channels = 64
        for (stage, count) in blocks.counts.enumerated() {
            for block in 0..<count {
                let stride = stage > 0 && block == 0 ? 2 : 1
                let filters = 64 << stage
                let outputs = blocks.isDeep ? 4 * filters : filters
                chain.appendBlock(
                    "layer\(stage + 1).\(block)",
                    blocks.isDeep ? [(filters, 1), (filters, 3), (outputs, 1)] : [(filters, 3), (filters, 3)],
                    stride: stride, projectsShortcut: stride > 1 || outputs != channels)
                channels = outputs
            }
        }
        chain.append("avgpool", .globalAveragePooling2D(keepDimensions: false))
        chain.append("flatten", .flatten)
        chain.append("fc", output)
        return NetworkDescription(name: name, layers: chain.layers)
    }
}

/// Layers one behind the other, with the branches of residual blocks.
private struct Chain {
    private(set) var layers: [LayerDescription]

    init(_ input: LayerKind) { layers = [LayerDescription(name: "input", kind: input, inputs: [])] }

    private var last: String { layers[layers.count - 1].name }

    mutating func append(_ name: String, _ kind: LayerKind, after inputs: [String]? = nil) {
        layers.append(LayerDescription(name: name, kind: kind, inputs: inputs ?? [last]))
    }

    /// - Parameter convolutions: their filters and the extents of their kernels; the first of 3×3 has the stride.
    mutating func appendBlock(
        _ block: String, _ convolutions: [(filters: Int, size: Int)], stride: Int, projectsShortcut: Bool
    ) {
        let start = last
        let strided = convolutions.firstIndex { $0.size == 3 }
        for (index, (filters, size)) in convolutions.enumerated() {
            let stride = index == strided ? stride : 1
            // Keras pads maps of even extents on one side only when it strides over them.
            if size == 3 && stride > 1 { append("\(block).pad", Self.padding) }
            append(
                "\(block).conv\(index + 1)",
                Self.convolution(filters, size, stride: stride, padding: size == 3 && stride == 1 ? .same : .valid))
            append("\(block).bn\(index + 1)", Self.batchNormalization)
            if index < convolutions.count - 1 { append("\(block).relu\(index + 1)", .activation(.relu)) }
        }
        let branch = last
        var shortcut = start
        if projectsShortcut {
            let filters = convolutions[convolutions.count - 1].filters
            append(
                "\(block).downsample.0", Self.convolution(filters, 1, stride: stride, padding: .valid), after: [start])
            append("\(block).downsample.1", Self.batchNormalization)
            shortcut = last
        }
        append("\(block).add", .add, after: [branch, shortcut])
        append("\(block).relu", .activation(.relu))
    }

    static let padding = LayerKind.zeroPadding2D(top: 1, bottom: 1, left: 1, right: 1)
    /// torch's momentum is the share of the new statistics, 0.1.
    static let batchNormalization = LayerKind.batchNormalization(momentum: 0.9, epsilon: 1e-5)

    static func convolution(_ filters: Int, _ size: Int, stride: Int, padding: Padding) -> LayerKind {
        .convolution2D(
            filters: filters, kernelSize: Extent2D(size, size), strides: Extent2D(stride, stride), padding: padding,
            activation: .linear, useBias: false)
    }
}
