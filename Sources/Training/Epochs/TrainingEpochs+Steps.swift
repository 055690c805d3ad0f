import Communication
import RunRecords

/// The steps of an epoch, and what all ranks do between two of them.
extension TrainingEpochs {
    func trainEpoch(_ epoch: Int) throws {
        let (firstStep, start) = (epoch * plan.steps, progress)
        progress.isWithinEpoch = true
        nextDrawing = 0
        try team.run { [self] lane in
            step.beginEpoch(epoch, from: start.stepsInEpoch, lane: lane)
            if start.isWithinEpoch { step.restoreTotals(losses: start.losses, correct: start.correct, lane: lane) }
            for number in start.stepsInEpoch..<plan.steps {
                step.run(
                    step: number, globalStep: firstStep + number, learningRate: learningRate(firstStep + number),
                    lane: lane
                ) { try decide(afterStep: firstStep + number + 1) }
                if team.hasFailed { return }
                if stepDecision != .proceed || isVerified(afterStep: firstStep + number + 1) {
                    team.synchronize(lane) { try act(afterStep: number + 1) }
                    if team.hasFailed { return }
                }
                if lane == 0, progressLine != nil { draw(number + 1) }
            }
        }
    }

    // MARK: Decisions

    /// Decides what all ranks do after a step. Called at its end on lane 0 of every rank.
    private func decide(afterStep number: Int) throws {
        let steps = (number - 1) % plan.steps + 1
        reporting.record(step.totals, steps: steps, at: now)
        stepDecision = try StepDecision.agreed(proposal(afterStep: number), in: group)
    }

    /// What this rank proposes to do.
    private func proposal(afterStep number: Int) -> StepDecision {
        if step.hasReadingFailed { return .readingFailed }
        if !step.totals.isFinite { return .lossNotFinite }
        if Interruption.signal != 0 { return .stop(signal: Interruption.signal) }
        let isDue = schedule?.isDue(step: number, at: clock.now, writerIsBusy: checkpoints.writerIsBusy) ?? false
        if number % plan.steps == 0 { return .proceed }
        if isDue { return .checkpoint }
        return reporting.isDue(at: now) ? .record : .proceed
    }

    private func isVerified(afterStep number: Int) -> Bool {
        configuration.verifyEvery.map { number.isMultiple(of: $0) } ?? false
    }

    /// Called on lane 0 of every rank, while the others wait.
    ///
    /// - Parameter number: steps of the epoch that are done.
    private func act(afterStep number: Int) throws {
        progress.stepsInEpoch = number
        progress.seconds = epochSeconds
        let total = progress.globalStep(plan)
        if stepDecision == .readingFailed { try step.throwReadingFailure(in: group) }
        try reportSteps()
        if stepDecision == .lossNotFinite {
            throw AgreedFault(fault: checkpoints.notFinite("the loss became infinite or not a number", total))
        }
        if isVerified(afterStep: total) { try ParameterHash.verify(step.weights, step: total, in: group) }
        switch stepDecision {
        case .proceed, .record, .lossNotFinite, .readingFailed: break
        case .checkpoint: try save()
        case .stop(let signal): try stop(signal)
        }
    }

    // MARK: Stopping and saving

    /// Stops between epochs if a rank was asked to. Collective.
    func stopIfAsked() throws {
        let signal = Interruption.signal
        let decision = try StepDecision.agreed(signal == 0 ? .proceed : .stop(signal: signal), in: group)
        if case .stop(let signal) = decision { try stop(signal) }
    }

    /// Writes a checkpoint, unless this state has been saved already, and ends the run.
    private func stop(_ signal: Int) throws {
        if checkpoints.latestStep != progress.globalStep(plan) { try save() }
        // The disk may now have room for what did not fit at the epoch's end.
        if let records { checkpoints.write(records) }
        if let journal { checkpoints.record { try journal.write() } }
        let checkpoint = try checkpoints.finishLatest()
        throw AgreedFault(fault: Interruption.fault(signal: signal, checkpoint: checkpoint))
    }

    /// Takes a checkpoint. Collective.
    func save() throws {
        if let journal { checkpoints.record { try journal.synchronize() } }
        try checkpoints.save(progress, records: records)
        schedule?.recordCheckpoint(at: clock.now)
    }

    // MARK: Reports

    /// Makes rows of the steps since the last call, and starts to write them. Collective.
    func reportSteps() throws {
        try reporting.report(
            epochs: progress.completedEpochs, at: now, learningRate: learningRate, checkpoints: checkpoints)
    }

    /// Shows the means over what lane 0 has seen of this epoch: close to the means over all ranks, and available
    /// without communication.
    private func draw(_ steps: Int) {
        let now = now
        guard now >= nextDrawing else { return }
        nextDrawing = now + ProgressLine.redrawInterval
        let seen = step.seenByFirstLane(steps: steps)
        guard seen.samples > 0 else { return }
        progressLine?.update(
            step: steps, loss: seen.loss / Double(seen.samples), accuracy: seen.correct / Double(seen.samples), at: now)
    }
}
