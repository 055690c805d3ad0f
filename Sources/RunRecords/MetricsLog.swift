import Faults
import Files
import FoundationEssentials

/// The steps and epochs of a run as they are completed, one JSON object a line: `metrics.jsonl`.
///
/// ```
/// {"accuracy":0.53,"epoch":1,…,"kind":"step","loss":0.69,…,"step":1}
/// {"accuracy":0.61,"epoch":1,…,"kind":"epoch","loss":0.66,…,"step":75,"val_loss":0.67}
/// ```
/// The file grows by whole lines. Numbers that JSON cannot express are strings, as in ``JSONFile``. Not to be used from
/// two threads at once.
public final class MetricsLog {
    /// The file.
    public let path: String
    /// The last row of steps that a resumed run kept.
    public private(set) var lastKeptStep: StepRow?
    private let file: GrowingFile
    /// Whole lines that are not in the file yet.
    private var pending: [UInt8] = []

    /// Creates the file, or continues an existing one.
    ///
    /// - Parameters:
    ///   - step: lines of later steps are removed, since a resumed run repeats these steps. 0 for a new run.
    ///   - epochs: lines of later epochs' ends are removed, too.
    /// - Throws: `Fault(.cannotWrite)`.
    public init(_ path: String, keepingSteps step: Int, epochs: Int) throws {
        self.path = path
        var kept: [UInt8] = []
        if step > 0, FileAccess.exists(path) {
            var last = (step: 0, epoch: 0)
            for line in try FileAccess.read(path).split(separator: UInt8(ascii: "\n")) {
                guard let (epoch, row) = Self.place(of: line) else { continue }
                if let row {
                    guard row.step <= step, row.step > last.step else { continue }
                    last.step = row.step
                    lastKeptStep = row
                } else {
                    guard epoch <= epochs, epoch > last.epoch else { continue }
                    last.epoch = epoch
                }
                kept += line
                kept.append(UInt8(ascii: "\n"))
            }
        }
        try kept.withUnsafeBytes { try AtomicFile.write($0, to: path) }
        file = try GrowingFile(continuing: path, length: kept.count)
    }

    /// Adds a line; ``write()`` puts it on the disk.
    public func append(_ row: StepRow) throws { try append(StepLine(row: row)) }

    /// Adds a line of an epoch's end.
    ///
    /// - Parameter step: steps done since the start of the run.
    public func append(_ row: HistoryRow, step: Int) throws { try append(EpochLine(row: row, step: step)) }

    private func append(_ line: some Encodable) throws {
        pending += try JSONFile.line(of: line).utf8
    }

    /// Brings the file up to date.
    /// - Throws: `Fault(.cannotWrite)`; the file then holds the same lines as before, and the next call writes the
    ///   others with what follows.
    public func write() throws {
        try file.append(pending)
        pending = []
    }

    /// Makes what was written durable (fsync(2)).
    public func synchronize() throws { try file.synchronize() }

    /// Where a line belongs; nil for lines that this program did not write.
    private static func place(of line: ArraySlice<UInt8>) -> (epoch: Int, row: StepRow?)? {
        let decoder = JSONFile.decoder
        guard let place = try? decoder.decode(Place.self, from: Data(line)) else { return nil }
        switch place.kind {
        case StepLine.kind:
            guard let row = try? decoder.decode(StepRow.self, from: Data(line)), row.isPossible else { return nil }
            return (place.epoch, row)
        case EpochLine.kind: return (place.epoch, nil)
        default: return nil
        }
    }

    private struct Place: Decodable {
        let kind: String
        let epoch: Int
    }
}

private enum KindKey: String, CodingKey { case kind }

private struct StepLine: Encodable {
    static let kind = "step"
    let row: StepRow

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: KindKey.self)
        try container.encode(Self.kind, forKey: .kind)
        try row.encode(to: encoder)
    }
}

private struct EpochLine: Encodable {
    static let kind = "epoch"
    let row: HistoryRow
    let step: Int

    private enum CodingKeys: String, CodingKey {
        case kind, epoch, step, loss, accuracy, seconds
        case validationLoss = "val_loss"
        case validationAccuracy = "val_accuracy"
        case validationROCArea = "val_roc_auc"
        case validationAveragePrecision = "val_average_precision"
        case learningRate = "learning_rate"
        case samplesPerSecond = "samples_per_second"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.kind, forKey: .kind)
        try container.encode(row.epoch, forKey: .epoch)
        try container.encode(step, forKey: .step)
        try container.encode(row.loss, forKey: .loss)
        try container.encode(row.accuracy, forKey: .accuracy)
        try container.encodeIfPresent(row.validationLoss, forKey: .validationLoss)
        try container.encodeIfPresent(row.validationAccuracy, forKey: .validationAccuracy)
        try container.encodeIfPresent(row.validationROCArea, forKey: .validationROCArea)
        try container.encodeIfPresent(row.validationAveragePrecision, forKey: .validationAveragePrecision)
        try container.encode(row.learningRate, forKey: .learningRate)
        try container.encode(row.seconds, forKey: .seconds)
        try container.encode(row.samplesPerSecond, forKey: .samplesPerSecond)
    }
}
