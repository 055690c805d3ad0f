/// Some steps of an epoch in `metrics.jsonl`: one, or as many as lie between two rows of a long epoch.
public struct StepRow: Hashable, Sendable {
    /// 1 for the first epoch.
    public var epoch: Int
    /// Steps done since the start of the run, these included.
    public var step: Int
    /// Mean training loss over the samples of these steps.
    public var loss: Double
    /// Share of these samples that were classified rightly as they were trained on.
    public var accuracy: Double
    public var learningRate: Float
    /// Training samples in a second.
    public var samplesPerSecond: Double
    /// Samples of the epoch so far, and over these the sum of losses and the count of right predictions: a run that goes
    /// on takes up its sums here.
    public var epochSamples: Int
    public var epochLossSum: Double
    public var epochCorrect: Double

    public init(
        epoch: Int, step: Int, loss: Double, accuracy: Double, learningRate: Float, samplesPerSecond: Double,
        epochSamples: Int, epochLossSum: Double, epochCorrect: Double
    ) {
        self.epoch = epoch
        self.step = step
        self.loss = loss
        self.accuracy = accuracy
        self.learningRate = learningRate
        self.samplesPerSecond = samplesPerSecond
        self.epochSamples = epochSamples
        self.epochLossSum = epochLossSum
        self.epochCorrect = epochCorrect
    }
}

extension StepRow: Codable {
    enum CodingKeys: String, CodingKey {
        case epoch, step, loss, accuracy
        case learningRate = "learning_rate"
        case samplesPerSecond = "samples_per_second"
        case epochSamples = "epoch_samples"
        case epochLossSum = "epoch_loss_sum"
        case epochCorrect = "epoch_correct"
    }
}
