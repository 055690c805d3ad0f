/// One epoch in `history.csv`; losses and accuracies are means over the samples, as Keras reports them.
public struct HistoryRow: Hashable, Sendable {
    /// 1 for the first epoch, as the progress line counts.
    public var epoch: Int
    /// Mean training loss over the epoch's samples.
    public var loss: Double
    /// Share of the epoch's samples that were classified correctly during training.
    public var accuracy: Double
    /// nil without validation.
    public var validationLoss: Double?
    /// nil without validation.
    public var validationAccuracy: Double?
    /// In single precision, as the optimizer uses it, so that 0.01 is written as 0.01.
    public var learningRate: Float
    /// Wall-clock time of the epoch, validation included.
    public var seconds: Double
    /// Training samples per second of training.
    public var samplesPerSecond: Double

    public init(
        epoch: Int, loss: Double, accuracy: Double, validationLoss: Double? = nil, validationAccuracy: Double? = nil,
        learningRate: Float, seconds: Double, samplesPerSecond: Double
    ) {
        self.epoch = epoch
        self.loss = loss
        self.accuracy = accuracy
        self.validationLoss = validationLoss
        self.validationAccuracy = validationAccuracy
        self.learningRate = learningRate
        self.seconds = seconds
        self.samplesPerSecond = samplesPerSecond
    }

    static let header = "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,samples_per_second"

    /// The row as text. Numbers are the shortest text that reads back as the same value; unknown values are empty.
    var line: String {
        let validation = [validationLoss, validationAccuracy].map { $0.map { "\($0)" } ?? "" }
        return
            (["\(epoch)", "\(loss)", "\(accuracy)"] + validation
            + ["\(learningRate)", "\(seconds)", "\(samplesPerSecond)"]).joined(separator: ",")
    }

    /// nil when the line is not a row.
    init?(line: some StringProtocol) {
        let fields = line.split(separator: ",", maxSplits: 8, omittingEmptySubsequences: false)
        guard fields.count == 8,
            let epoch = Int(fields[0]), let loss = Double(fields[1]), let accuracy = Double(fields[2]),
            fields[3].isEmpty || Double(fields[3]) != nil, fields[4].isEmpty || Double(fields[4]) != nil,
            let learningRate = Float(fields[5]), let seconds = Double(fields[6]), let speed = Double(fields[7])
        else { return nil }
        self.init(
            epoch: epoch, loss: loss, accuracy: accuracy, validationLoss: Double(fields[3]),
            validationAccuracy: Double(fields[4]), learningRate: learningRate, seconds: seconds,
            samplesPerSecond: speed)
    }
}
