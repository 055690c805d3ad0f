import Faults
import Files
import RunRecords
import Settings

/// How far a run has come, from the files of its folder alone: it may be under way on another host.
public struct RunStatus: Sendable {
    /// The run folder.
    public let folder: String
    public let state: RunState
    /// The host and the process that the run was last seen with; nil where no lock names them.
    public let owner: RunLock.Owner?
    /// Completed epochs.
    public let history: [HistoryRow]
    /// The last steps that were recorded, of the epoch under way.
    public let step: StepRow?
    /// Epochs that are asked for, steps of one, ranks and threads of each: nil until the run has written
    /// `config.json`.
    public let plan: Plan?
    /// The newest checkpoint.
    public let checkpoint: Saved?
    /// How long ago something of the run was written, in seconds; nil where nothing was.
    public let silence: Double?

    /// A checkpoint, and how old it is, in seconds.
    public struct Saved: Hashable, Sendable {
        public let step: Int
        public let age: Double
    }

    /// What is asked for.
    public struct Plan: Hashable, Sendable {
        public let model: String
        public let epochs: Int
        public let stepsPerEpoch: Int
        public let trainingStamps: Int
        public let ranks: Int
        public let threads: Int
    }
}

extension RunStatus {
    /// Reads the files of a run.
    ///
    /// What is being replaced at this moment, or damaged, counts as not there: the next look sees it.
    /// - Parameters:
    ///   - host: this machine's name: the processes of a run on it can be seen.
    ///   - now: in seconds since 1970.
    public init(_ run: RunFolder, host: String, now: Double) {
        let record = try? JSONFile.read(ConfigurationRecord.self, from: run.configuration)
        let history = (try? History.read(run.history).rows) ?? []
        let plan = record.flatMap { Plan($0, history) }
        let owner = RunLock.owner(ofFolder: run.path)
        let newest = (try? run.checkpoints.all())?.last
        let written = [run.metricsLog, run.configuration, RunLock.file(ofFolder: run.path), newest?.path]
            .compactMap { $0.flatMap(FileAccess.modificationTime) }.max()
        let silence = written.map { max(0, now - $0) }
        let last = MetricsLog.lastStep(in: run.metricsLog)
        folder = run.path
        (self.history, self.plan, self.owner, self.silence) = (history, plan, owner, silence)
        step = last.flatMap { $0.epoch == history.count + 1 ? $0 : nil }
        checkpoint = newest.flatMap { newest in
            FileAccess.modificationTime(newest.path).map { Saved(step: newest.step, age: max(0, now - $0)) }
        }
        state = RunState(
            record: record, run: run, owner: owner, host: host, silence: silence ?? .infinity,
            interval: Self.interval(history, last, plan))
    }

    /// The longest time that usually lies between two records, in seconds: that of the steps between two rows, and that
    /// of a validation.
    private static func interval(_ history: [HistoryRow], _ step: StepRow?, _ plan: Plan?) -> Double {
        guard let plan else { return 0 }
        let speeds = [history.last?.samplesPerSecond, step?.samplesPerSecond].compactMap { $0 }.filter { $0 > 0 }
        guard let speed = speeds.min() else { return 0 }
        let steps = Double(plan.trainingStamps) / Double(plan.stepsPerEpoch) / speed
        let validation = history.last.map { $0.seconds - Double(plan.trainingStamps) / $0.samplesPerSecond } ?? 0
        return max(steps, validation.isFinite ? validation : 0)
    }

    /// Whether a process is at work on it, as far as can be seen.
    public var isUnderWay: Bool {
        switch state {
        case .starting, .running: true
        default: false
        }
    }

    /// Whether more may come: a silent run may only be slow.
    public var isWatched: Bool { isUnderWay || state == .silent }

    /// The share of the epoch under way that is done.
    public var shareOfEpoch: Double {
        guard let plan, let step else { return 0 }
        return min(1, max(0, Double(step.step - history.count * plan.stepsPerEpoch) / Double(plan.stepsPerEpoch)))
    }

    /// Training stamps a second, as measured last.
    public var speed: Double? { step?.samplesPerSecond ?? history.last?.samplesPerSecond }

    /// About how long the run still takes, in seconds; nil where it is not under way, or nothing is known.
    ///
    /// The epochs that are left take as long as the last ones did, up to three, and without any as long as their steps
    /// take at the speed measured.
    public var secondsLeft: Double? {
        guard isUnderWay, let plan else { return nil }
        let lasts = history.suffix(3).map(\.seconds)
        let epoch: Double
        if !lasts.isEmpty {
            epoch = lasts.reduce(0, +) / Double(lasts.count)
        } else if let speed, speed > 0 {
            epoch = Double(plan.trainingStamps) / speed
        } else {
            return nil
        }
        let left = epoch * (Double(plan.epochs - history.count) - shareOfEpoch)
        return left.isFinite ? max(0, left) : nil
    }
}

extension RunStatus.Plan {
    init?(_ record: ConfigurationRecord, _ history: [HistoryRow]) {
        let samples = record.findings.trainingStamps
        guard case .samples(let batch) = record.settings.batchSize, batch > 0, samples > 0, record.settings.epochs > 0
        else { return nil }
        self.init(
            model: record.settings.model, epochs: record.settings.epochs,
            stepsPerEpoch: samples / batch + (samples.isMultiple(of: batch) ? 0 : 1), trainingStamps: samples,
            ranks: record.ranks, threads: record.threads)
    }
}
