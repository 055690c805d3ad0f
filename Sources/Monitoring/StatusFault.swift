import Faults

extension RunStatus {
    /// What is wrong with a run that somebody has to look after; nil of one that is finished or under way.
    public var fault: Fault? {
        let done = plan.map { " after \(history.count) of \($0.epochs) epochs" } ?? ""
        switch state {
        case .finished, .paused, .starting, .running: return nil
        case .stopped:
            return Fault(
                .stoppedEarly, folder, "was stopped\(done)", remedy: "go on with the same command and --resume")
        case .died:
            return Fault(
                .stoppedEarly, folder, "died\(done) without a word", remedy: "go on with the same command and --resume")
        case .silent:
            return Fault(
                .stoppedEarly, folder, "has written nothing for a long time\(done)",
                remedy: "look whether its job still runs; if not, go on with the same command and --resume")
        case .failed(let message): return Fault(.badData, folder, "failed\(done)", remedy: message)
        }
    }
}
