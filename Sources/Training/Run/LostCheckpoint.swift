import Lanes

/// What becomes of a run whose best checkpoint, which the model is to be taken from, cannot be read: the disk was full
/// when it was written, or it was damaged or removed since.
///
/// Nothing is lost with it. The same steps from an earlier state give the same bits, so they are done again; where no
/// earlier state can be had, the best of the other checkpoints takes its place.
extension LoadedRun {
    /// Trains to the end of the last epoch, if need be once more. Collective.
    func trained(by team: LaneTeam) throws -> TrainedRun {
        let beginning: FoundCheckpoint?
        // A scope, so that the memory of the first training is free for the second.
        do {
            let run = try RestoredRun(self, team).trained()
            guard let lost = run.outcome.lostBest else { return run }
            run.restored.checkpoints.wait()
            beginning = try FoundCheckpoint.newest(before: lost, of: run.restored)
            // A file that the first weights were read from may have changed since.
            guard beginning != nil || context.configuration.firstWeightsFile == nil else {
                try run.takeNextBest()
                return run
            }
            if context.isRoot { context.logger.warning("\(repetition(of: lost, from: beginning))") }
        }
        let run = try RestoredRun(self, team, from: beginning, isResumed: true).trained()
        if run.outcome.lostBest != nil { try run.takeNextBest() }
        return run
    }

    private func repetition(of lost: Int, from beginning: FoundCheckpoint?) -> String {
        let start = beginning?.whole.map { "from \($0.checkpoint.path)" } ?? "from the beginning"
        return "the best checkpoint, of step \(lost), cannot be read; the same steps are done again \(start)"
    }
}

extension TrainedRun {
    /// Takes the weights of the best epoch that there is a checkpoint of; the last ones if there is none. Collective.
    func takeNextBest() throws {
        let context = restored.context
        let others = outcome.ranking.filter { $0 != outcome.lostBest }
        let step = try restored.checkpoints.restoreWeights(ofFirst: restored.checkpoints.existing(others))
        if step == nil { try restored.step.takeAveragedWeights() }
        guard context.isRoot else { return }
        let epoch = step.map { "epoch \($0 / restored.loaded.data.plan.steps)" } ?? "the last epoch"
        context.logger.warning(
            "the checkpoint of the best epoch cannot be read; the model gets the weights of \(epoch) instead")
    }
}
