import CKernels

/// What a model says about one labelled sample.
public struct SamplePrediction: Hashable, Sendable {
    /// Index into the noise files, then the source files, in order.
    public var index: Int
    /// 0 noise, 1 source.
    public var trueClass: Int
    /// 0 noise, 1 source, by the ``ThresholdRule``.
    public var predictedClass: Int
    /// The probability of class 1.
    public var probability: Float
    /// The sample's own loss, before any mean.
    public var loss: Float

    public init(index: Int, trueClass: Int, predictedClass: Int, probability: Float, loss: Float) {
        precondition((trueClass == 0 || trueClass == 1) && (predictedClass == 0 || predictedClass == 1))
        self.index = index
        self.trueClass = trueClass
        self.predictedClass = predictedClass
        self.probability = probability
        self.loss = loss
    }
}

extension SamplePrediction {
    /// A labelled sample for which only the probability of class 1 is known: the mean over several models.
    ///
    /// - Parameters:
    ///   - label: the true class.
    ///   - threshold: the probability above which a sample counts as a source.
    public init(index: Int, label: Int, probability: Float, threshold: Float) {
        let certainty = label == 1 ? Double(probability) : 1 - Double(probability)
        self.init(
            index: index, trueClass: label, predictedClass: ThresholdRule.predictedClass(probability, above: threshold),
            probability: probability,
            // The least certainty that single precision distinguishes from none, as log 0 is infinite.
            loss: Float(-portable_log(max(certainty, 0x1p-149))))
    }
}
