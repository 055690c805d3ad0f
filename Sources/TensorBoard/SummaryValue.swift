import FoundationEssentials

/// Something that TensorBoard shows for a step, under a name (a tag such as `train/loss`).
public enum SummaryValue: Sendable {
    case scalar(String, Double)
    case histogram(String, Histogram)
    case image(String, PNGImage)

    var message: TensorBoardSummary.Value {
        var message = TensorBoardSummary.Value()
        switch self {
        case .scalar(let tag, let value):
            message.tag = tag
            message.simpleValue = Float(value)
        case .histogram(let tag, let histogram):
            message.tag = tag
            message.histo = histogram.message
        case .image(let tag, let image):
            message.tag = tag
            message.image.width = Int32(image.width)
            message.image.height = Int32(image.height)
            message.image.colorspace = Int32(image.channels.rawValue)
            message.image.encodedImageString = Data(image.bytes)
        }
        return message
    }
}

extension Histogram {
    fileprivate var message: TensorBoardHistogramProto {
        var message = TensorBoardHistogramProto()
        message.min = minimum
        message.max = maximum
        message.num = Double(count)
        message.sum = sum
        message.sumSquares = sumOfSquares
        message.bucketLimit = upperEdges
        message.bucket = counts.map(Double.init)
        return message
    }
}
