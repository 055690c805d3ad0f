import Figures
import LayerCatalog
import Models
import Tensors

extension FilterFigure {
    /// The filters of a model's first layer that sees more of a stamp than one pixel: a convolution's kernels, or the
    /// weights of a dense layer's units, one image for each channel that they see.
    ///
    /// - Parameter channelNames: of the stamps as the network sees them; nil for their numbers.
    /// - Returns: nil for a model without such a layer.
    init?(_ model: TrainedModel, channelNames: [String]? = nil) {
        let network = model.network
        let channelNames = channelNames ?? (0..<network.inputShape.extents[2]).map(String.init)
        for layer in network.description.layers {
            let isOutput = layer.name == network.description.layers.last?.name
            guard let kernel = network.parameters.first(where: { $0.name == "\(layer.name)/kernel" }) else { continue }
            let values = model.weights.values(kernel)
            let extents = kernel.shape.extents
            if layer.kind.options is Convolution2DOptions, extents[0] * extents[1] > 1 {
                self.init(
                    layer: layer.name, height: extents[0], width: extents[1], channels: extents[2], units: extents[3],
                    values, stampChannels: channelNames)
                return
            }
            let (height, width) = (network.inputShape.extents[0], network.inputShape.extents[1])
            if layer.kind.options is DenseOptions, extents.count == 2, extents[0] % (height * width) == 0 {
                self.init(
                    layer: layer.name, height: height, width: width, channels: extents[0] / (height * width),
                    units: extents[1], values, firstUnit: isOutput && extents[1] == 2 ? 1 : 0,
                    stampChannels: channelNames)
                return
            }
        }
        return nil
    }

    /// - Parameters:
    ///   - kernel: (height, width, channel, unit), as Keras has it.
    ///   - firstUnit: of two outputs the second alone is shown, that of a source: the first is its mirror image.
    ///   - stampChannels: the names of a stamp's channels.
    private init?(
        layer: String, height: Int, width: Int, channels: Int, units: Int, _ kernel: [Float], firstUnit: Int = 0,
        stampChannels: [String]
    ) {
        let total = (units - firstUnit) * channels
        var images: [Float] = []
        for image in 0..<min(total, Self.mostImages) {
            let (unit, channel) = (firstUnit + image / channels, image % channels)
            for pixel in 0..<height * width { images.append(kernel[(pixel * channels + channel) * units + unit]) }
        }
        // A layer behind another one may see other channels than a stamp has.
        let isNamed = channels > 1 && channels == stampChannels.count
        self.init(
            layer: layer, height: height, width: width, images: images, total: total,
            channels: isNamed ? stampChannels : [])
    }
}
