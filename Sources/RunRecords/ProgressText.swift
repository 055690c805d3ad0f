import Files

/// The lines of ``ProgressLine``, without line ends.
struct ProgressText: Sendable {
    private static let barWidth = 20

    let epochs: Int
    let stepsPerEpoch: Int

    init(epochs: Int, stepsPerEpoch: Int) {
        precondition(stepsPerEpoch >= 1, "an epoch has at least one step")
        self.epochs = epochs
        self.stepsPerEpoch = stepsPerEpoch
    }

    /// Where a run is within an epoch.
    struct State {
        let epoch: Int
        let step: Int
        /// Steps of the epoch that took `seconds`.
        let stepsHere: Int
        let loss: Double
        let accuracy: Double
        let seconds: Double
        /// Of a whole epoch with its validation; nil if none was measured.
        let secondsPerEpoch: Double?
    }

    /// The line that is redrawn.
    func drawn(_ state: State) -> String {
        let all = state.epoch < epochs ? " (\(FormattedNumber.clock(secondsLeft(state))) in all)" : ""
        return "\(bar(state.step)) \(FormattedNumber.clock(secondsLeftInEpoch(state)))\(all) "
            + Self.stepTime(secondsPerStep(state)) + Self.metrics(accuracy: state.accuracy, loss: state.loss)
    }

    /// The line of where a run is.
    func minute(_ state: State) -> String {
        "step \(state.step)/\(stepsPerEpoch) of epoch \(state.epoch)/\(epochs)"
            + " - loss: \(FormattedNumber.metric(state.loss)) - accuracy: \(FormattedNumber.metric(state.accuracy))"
            + " - \(FormattedNumber.clock(secondsLeft(state))) left in all"
    }

    /// The line of a complete epoch, as Keras leaves it on a terminal.
    func final(_ row: HistoryRow, stepsHere: Int) -> String {
        let secondsPerStep = row.seconds / Double(max(1, stepsHere))
        var line = "\(bar(stepsPerEpoch)) \(FormattedNumber.fixed(row.seconds, 0))s \(Self.stepTime(secondsPerStep))"
        line += Self.metrics(accuracy: row.accuracy, loss: row.loss)
        if let accuracy = row.validationAccuracy { line += " - val_accuracy: \(FormattedNumber.metric(accuracy))" }
        if let loss = row.validationLoss { line += " - val_loss: \(FormattedNumber.metric(loss))" }
        return line + Self.watched(row)
    }

    /// The line of a complete epoch in a file.
    func plain(_ row: HistoryRow) -> String {
        var line = "Epoch \(row.epoch)/\(epochs) - \(FormattedNumber.fixed(row.seconds, 0))s"
        line += " - loss: \(FormattedNumber.metric(row.loss)) - accuracy: \(FormattedNumber.metric(row.accuracy))"
        if let loss = row.validationLoss { line += " - val_loss: \(FormattedNumber.metric(loss))" }
        if let accuracy = row.validationAccuracy { line += " - val_accuracy: \(FormattedNumber.metric(accuracy))" }
        return line + Self.watched(row) + " - \(FormattedNumber.fixed(row.samplesPerSecond, 0)) stamps/s"
    }

    // MARK: Times

    private func secondsPerStep(_ state: State) -> Double { state.seconds / Double(max(1, state.stepsHere)) }

    private func secondsLeftInEpoch(_ state: State) -> Double {
        secondsPerStep(state) * Double(stepsPerEpoch - state.step)
    }

    /// Until the last epoch ends, should the run have them all.
    private func secondsLeft(_ state: State) -> Double {
        let epoch = state.secondsPerEpoch ?? secondsPerStep(state) * Double(stepsPerEpoch)
        return secondsLeftInEpoch(state) + Double(epochs - state.epoch) * epoch
    }

    private static func stepTime(_ seconds: Double) -> String {
        if seconds >= 1 || seconds == 0 { return "\(FormattedNumber.fixed(seconds, 0))s/step" }
        if seconds >= 1e-3 { return "\(FormattedNumber.fixed(seconds * 1e3, 0))ms/step" }
        return "\(FormattedNumber.fixed(seconds * 1e6, 0))us/step"
    }

    // MARK: Parts

    private func bar(_ step: Int) -> String {
        let done = min(Self.barWidth, Self.barWidth * step / stepsPerEpoch)
        let count = FormattedNumber.padded("\(step)", to: -"\(stepsPerEpoch)".count)
        return "\(count)/\(stepsPerEpoch) " + String(repeating: "━", count: done)
            + String(repeating: "─", count: Self.barWidth - done)
    }

    private static func metrics(accuracy: Double, loss: Double) -> String {
        " - accuracy: \(FormattedNumber.metric(accuracy)) - loss: \(FormattedNumber.metric(loss))"
    }

    /// What only runs measure that watch it.
    private static func watched(_ row: HistoryRow) -> String {
        HistoryRow.WatchedColumn.allCases.compactMap { column in
            row[column].map { " - \(column.rawValue): \(FormattedNumber.metric($0))" }
        }.joined()
    }
}
