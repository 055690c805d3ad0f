/// What a model says about one labelled sample.
public struct SamplePrediction: Hashable, Sendable {
    /// Index into the noise files, then the source files, in order.
    public var index: Int
    /// 0 noise, 1 source.
    public var trueClass: Int
    /// 0 noise, 1 source, by one of the two rules ``predictedClass(probability0:probability1:)`` and
    /// ``predictedClass(probability:)``.
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

    /// The class that two softmax outputs name: `numpy.argmax`, so a tie is class 0.
    public static func predictedClass(probability0: Float, probability1: Float) -> Int {
        probability1 > probability0 ? 1 : 0
    }

    /// The class that one sigmoid output names: class 1 above ½, as Keras' `BinaryAccuracy`.
    public static func predictedClass(probability: Float) -> Int {
        probability > 0.5 ? 1 : 0
    }
}
