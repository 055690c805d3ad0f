import FoundationEssentials

/// Something that TensorBoard shows for a step, under a name (a tag such as `train/loss`).
public enum SummaryValue: Sendable {
    case scalar(String, Double)
    case histogram(String, Histogram)
    case image(String, PNGImage)
    /// Markdown.
    case text(String, String)
    /// A run's settings, by their names, and when it began (seconds since 1970): what the page of hyper-parameters
    /// lists. TensorBoard finds the measurements of the run in its folder and those below.
    case hyperparameters([(name: String, value: String)], begun: Double)
    /// The run with these settings has ended well (seconds since 1970).
    case finished(at: Double)

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
        case .text(let tag, let text):
            message.tag = tag
            message.metadata.pluginData.pluginName = "text"
            message.tensor.dtype = .dtString
            message.tensor.tensorShape = TensorBoardTensorProto.Shape()
            message.tensor.stringVal = [Data(text.utf8)]
        case .hyperparameters(let settings, let begun):
            let values = settings.map { ($0.name, TensorBoardHParamsPluginData.Value($0.value)) }
            message.setHyperparameters("session_start_info") {
                $0.sessionStartInfo.hparams = Dictionary(values) { _, last in last }
                $0.sessionStartInfo.startTimeSecs = begun
            }
        case .finished(let time):
            message.setHyperparameters("session_end_info") {
                $0.sessionEndInfo.status = .success
                $0.sessionEndInfo.endTimeSecs = time
            }
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
