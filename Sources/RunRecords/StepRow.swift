/// Some steps of an epoch in `metrics.jsonl`: one, or in a long epoch all steps since the previous row.
public struct StepRow: Hashable, Sendable {
    /// 1 for the first epoch.
    public var epoch: Int
    /// Steps done since the start of the run, these included.
    public var step: Int
    /// Mean training loss over the samples of these steps.
    public var loss: Double
    /// Share of these samples that were classified correctly during training.
    public var accuracy: Double
    public var learningRate: Float
    /// Training samples per second.
    public var samplesPerSecond: Double
    /// Samples of the epoch so far, and over these the sum of losses and the count of correct predictions: a resumed
    /// run continues its sums from here.
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

extension StepRow {
    /// Whether a run can have such numbers: the file that holds them may have been edited.
    var isPossible: Bool { [epoch, step, epochSamples].allSatisfy((0...1 << 53).contains) }
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
