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
    /// The area under the ROC curve of the validation set; nil unless the run watches it.
    public var validationROCArea: Double?
    /// The average precision of the validation set; nil unless the run watches it.
    public var validationAveragePrecision: Double?
    /// In single precision, as the optimizer uses it, so that 0.01 is written as 0.01.
    public var learningRate: Float
    /// Wall-clock time of the epoch, validation included.
    public var seconds: Double
    /// Training samples per second of training.
    public var samplesPerSecond: Double

    public init(
        epoch: Int, loss: Double, accuracy: Double, validationLoss: Double? = nil, validationAccuracy: Double? = nil,
        validationROCArea: Double? = nil, validationAveragePrecision: Double? = nil, learningRate: Float,
        seconds: Double, samplesPerSecond: Double
    ) {
        self.epoch = epoch
        self.loss = loss
        self.accuracy = accuracy
        self.validationLoss = validationLoss
        self.validationAccuracy = validationAccuracy
        self.validationROCArea = validationROCArea
        self.validationAveragePrecision = validationAveragePrecision
        self.learningRate = learningRate
        self.seconds = seconds
        self.samplesPerSecond = samplesPerSecond
    }

    /// A column that only runs have that watch it, behind `val_accuracy`.
    package enum WatchedColumn: String, CaseIterable, Sendable {
        case rocArea = "val_roc_auc"
        case averagePrecision = "val_average_precision"
    }

    /// The value of a column that not all runs have; nil if this one does not.
    package subscript(column: WatchedColumn) -> Double? {
        get {
            switch column {
            case .rocArea: validationROCArea
            case .averagePrecision: validationAveragePrecision
            }
        }
        set {
            switch column {
            case .rocArea: validationROCArea = newValue
            case .averagePrecision: validationAveragePrecision = newValue
            }
        }
    }

    private static let measurements = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]
    private static let conditions = ["learning_rate", "seconds", "samples_per_second"]

    /// The first line of the file, with these columns behind those of the validation set that all runs have.
    static func header(_ watched: [WatchedColumn] = []) -> String {
        (measurements + watched.map(\.rawValue) + conditions).joined(separator: ",")
    }

    /// The columns that the first line names and not all runs have; nil when it is no such line.
    static func watchedColumns(header line: some StringProtocol) -> [WatchedColumn]? {
        let names = line.split(separator: ",", omittingEmptySubsequences: false)
        let watched = WatchedColumn.allCases.filter { column in names.contains { $0 == column.rawValue } }
        return header(watched) == line ? watched : nil
    }

    /// The row as text. Numbers are the shortest text that reads back as the same value; unknown values are empty.
    func line(_ watched: [WatchedColumn] = []) -> String {
        let validation = [validationLoss, validationAccuracy] + watched.map { self[$0] }
        return
            (["\(epoch)", "\(loss)", "\(accuracy)"] + validation.map { $0.map { "\($0)" } ?? "" }
            + ["\(learningRate)", "\(seconds)", "\(samplesPerSecond)"]).joined(separator: ",")
    }

    /// nil when the line is not a row with these columns that not all runs have.
    init?(line: some StringProtocol, _ watched: [WatchedColumn] = []) {
        let count = Self.measurements.count + watched.count + Self.conditions.count
        let fields = line.split(separator: ",", maxSplits: count, omittingEmptySubsequences: false)
        guard fields.count == count else { return nil }
        let validation = fields[3..<count - Self.conditions.count], conditions = fields.suffix(Self.conditions.count)
        guard let epoch = Int(fields[0]), let loss = Double(fields[1]), let accuracy = Double(fields[2]),
            validation.allSatisfy({ $0.isEmpty || Double($0) != nil }),
            let learningRate = Float(conditions[count - 3]), let seconds = Double(conditions[count - 2]),
            let speed = Double(conditions[count - 1])
        else { return nil }
        self.init(
            epoch: epoch, loss: loss, accuracy: accuracy, validationLoss: Double(fields[3]),
            validationAccuracy: Double(fields[4]), learningRate: learningRate, seconds: seconds,
            samplesPerSecond: speed)
        for (place, column) in watched.enumerated() { self[column] = Double(fields[Self.measurements.count + place]) }
    }
}
