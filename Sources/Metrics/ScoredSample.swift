/// A labelled sample and how strongly a classifier takes it for a source: a probability, or any number that grows with
/// it.
public struct ScoredSample: Hashable, Sendable {
    /// Index into the noise files, then the source files, in order.
    public var index: Int
    /// 0 noise, 1 source.
    public var trueClass: Int
    /// The larger, the more likely a source. For a network: the probability of class 1.
    public var score: Float

    public init(index: Int, trueClass: Int, score: Float) {
        precondition(trueClass == 0 || trueClass == 1)
        self.index = index
        self.trueClass = trueClass
        self.score = score
    }

    /// What a model says about a labelled sample: the probability of a source is its score.
    public init(_ prediction: SamplePrediction) {
        self.init(index: prediction.index, trueClass: prediction.trueClass, score: prediction.probability)
    }

    /// Whether the sample is a source.
    public var isSource: Bool { trueClass == 1 }
}
