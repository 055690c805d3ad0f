import Files
import RunRecords
import Settings

/// Whether a run is alive, and if not, how it ended.
public enum RunState: Hashable, Sendable {
    /// It has done all that was asked for.
    case finished
    /// It holds its folder and reads its stamps.
    case starting
    case running
    /// It holds its folder, and has written nothing for longer than it usually takes.
    case silent
    /// It has trained as far as it was to, as a trial of a search that others were better than.
    case paused
    /// It was asked to stop, and can go on from a checkpoint.
    case stopped(String)
    /// It found that it could not go on.
    case failed(String)
    /// Its process is gone without a word: killed, or its machine was switched off.
    case died

    /// How long a run may write nothing before it counts as silent: at least a minute, and ten times as long as it
    /// usually takes.
    private static func patience(_ interval: Double) -> Double { max(60, 10 * interval) }

    /// - Parameters:
    ///   - host: this machine's name.
    ///   - silence: how long ago something of the run was written.
    ///   - interval: the longest time that usually lies between two records. Both in seconds.
    init(
        record: ConfigurationRecord?, run: RunFolder, owner: RunLock.Owner?, host: String, silence: Double,
        interval: Double
    ) {
        if let owner {
            // Elsewhere a process cannot be looked up: what it has written tells.
            if owner.host == host, !owner.isThere {
                self = .died
            } else if silence > Self.patience(interval) {
                self = .silent
            } else {
                self = FileAccess.exists(run.metricsLog) && record != nil ? .running : .starting
            }
            return
        }
        if let finished = record?.finishedFiles, run.hasFinished(finished) {
            self = .finished
        } else if let end = try? JSONFile.read(EarlyEnd.self, from: run.earlyEnd) {
            self = end.isPause ? .paused : end.isStop ? .stopped(end.message) : .failed(end.message)
        } else {
            self = .died
        }
    }

    /// In a word.
    public var word: String {
        switch self {
        case .finished: "finished"
        case .starting: "starting"
        case .running: "running"
        case .silent: "silent"
        case .paused: "paused"
        case .stopped: "stopped"
        case .failed: "failed"
        case .died: "died"
        }
    }
}
