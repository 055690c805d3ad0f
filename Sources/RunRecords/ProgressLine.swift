import Files

/// The progress of training, as Keras prints it.
///
/// On a terminal a line with a moving bar, redrawn in place:
/// ```
/// Epoch 1/15
/// 41/75 ━━━━━━━━━━────────── 2s 51ms/step - accuracy: 0.5519 - loss: 0.6890
/// ```
/// and at the epoch's end, with the epoch's time in place of the remaining time:
/// ```
/// 75/75 ━━━━━━━━━━━━━━━━━━━━ 4s 50ms/step - accuracy: 0.5519 - loss: 0.6890 - val_accuracy: 0.5604 - val_loss: 0.6871
/// ```
/// Elsewhere (a file, a pipe) one line an epoch:
/// ```
/// Epoch 1/15 - 4s - loss: 0.6890 - accuracy: 0.5519 - val_loss: 0.6871 - val_accuracy: 0.5604 - 14034 stamps/s
/// ```
/// It uses no colours, so there is nothing for `NO_COLOR` to switch off. The clock is passed in, as nanoseconds of any
/// clock that does not run backwards.
public struct ProgressLine: Sendable {
    /// What the text is written to.
    public enum Style: Hashable, Sendable {
        case terminal(columns: Int)
        /// A file or a pipe: nothing is redrawn.
        case plain
    }

    /// The shortest time between two drawings, in nanoseconds: ten a second.
    public static let redrawInterval: UInt64 = 100_000_000

    private static let barWidth = 20
    private static let eraseToEndOfLine = "\u{1B}[K"

    private let style: Style
    private let epochs: Int
    private let stepsPerEpoch: Int
    private let write: @Sendable (String) -> Void

    private var epochStart: UInt64 = 0
    private var firstStep = 0
    private var nextDrawing: UInt64 = .max
    private var lineIsOpen = false

    /// Prints nothing yet.
    /// - Parameters:
    ///   - epochs: of the whole run.
    ///   - stepsPerEpoch: at least one.
    ///   - write: takes the text to be written, which may be part of a line, and flushes it.
    public init(style: Style, epochs: Int, stepsPerEpoch: Int, write: @escaping @Sendable (String) -> Void) {
        precondition(stepsPerEpoch >= 1, "an epoch has at least one step")
        self.style = style
        self.epochs = epochs
        self.stepsPerEpoch = stepsPerEpoch
        self.write = write
    }

    /// An epoch starts.
    /// - Parameters:
    ///   - epoch: 1 for the first.
    ///   - firstStep: steps of this epoch already done, in a run that is resumed.
    public mutating func beginEpoch(_ epoch: Int, firstStep: Int = 0, at now: UInt64) {
        epochStart = now
        self.firstStep = firstStep
        guard case .terminal = style else { return }
        leaveLine()
        write("Epoch \(epoch)/\(epochs)\n")
        nextDrawing = now
    }

    /// A step is done. Returns at once when the line was drawn less than ``redrawInterval`` ago, or is never drawn.
    /// - Parameters:
    ///   - step: steps of this epoch that are done.
    ///   - loss: mean over the epoch so far, like `accuracy`.
    public mutating func update(step: Int, loss: Double, accuracy: Double, at now: UInt64) {
        guard now >= nextDrawing else { return }
        draw(step: step, loss: loss, accuracy: accuracy, at: now)
    }

    /// An epoch is complete, its validation included.
    public mutating func endEpoch(_ row: HistoryRow) {
        switch style {
        case .plain:
            write(plainLine(row))
        case .terminal:
            write("\r\(finalLine(row))\(Self.eraseToEndOfLine)\n")
            lineIsOpen = false
            nextDrawing = .max
        }
    }

    /// Ends a line that is being redrawn, so that other text (a warning, an error) starts on a line of its own.
    public mutating func leaveLine() {
        guard lineIsOpen else { return }
        write("\n")
        lineIsOpen = false
    }

    private mutating func draw(step: Int, loss: Double, accuracy: Double, at now: UInt64) {
        guard case .terminal(let columns) = style else { return }
        nextDrawing = now + Self.redrawInterval
        let elapsed = now > epochStart ? Double(now - epochStart) * 1e-9 : 0
        let secondsPerStep = elapsed / Double(max(1, step - firstStep))
        let remaining = FormattedNumber.clock(secondsPerStep * Double(stepsPerEpoch - step))
        let line =
            "\(bar(step)) \(remaining) \(Self.stepTime(secondsPerStep))" + Self.metrics(accuracy: accuracy, loss: loss)
        // A line longer than the terminal is wide would wrap, and could not be redrawn in place.
        write("\r\(line.prefix(max(1, columns - 1)))\(Self.eraseToEndOfLine)")
        lineIsOpen = true
    }

    private func finalLine(_ row: HistoryRow) -> String {
        let secondsPerStep = row.seconds / Double(max(1, stepsPerEpoch - firstStep))
        var line = "\(bar(stepsPerEpoch)) \(FormattedNumber.fixed(row.seconds, 0))s \(Self.stepTime(secondsPerStep))"
        line += Self.metrics(accuracy: row.accuracy, loss: row.loss)
        if let accuracy = row.validationAccuracy { line += " - val_accuracy: \(FormattedNumber.metric(accuracy))" }
        if let loss = row.validationLoss { line += " - val_loss: \(FormattedNumber.metric(loss))" }
        return line + Self.watched(row)
    }

    /// What only runs measure that watch it.
    private static func watched(_ row: HistoryRow) -> String {
        HistoryRow.WatchedColumn.allCases.compactMap { column in
            row[column].map { " - \(column.rawValue): \(FormattedNumber.metric($0))" }
        }.joined()
    }

    private func plainLine(_ row: HistoryRow) -> String {
        var line = "Epoch \(row.epoch)/\(epochs) - \(FormattedNumber.fixed(row.seconds, 0))s"
        line += " - loss: \(FormattedNumber.metric(row.loss)) - accuracy: \(FormattedNumber.metric(row.accuracy))"
        if let loss = row.validationLoss { line += " - val_loss: \(FormattedNumber.metric(loss))" }
        if let accuracy = row.validationAccuracy { line += " - val_accuracy: \(FormattedNumber.metric(accuracy))" }
        return line + Self.watched(row) + " - \(FormattedNumber.fixed(row.samplesPerSecond, 0)) stamps/s\n"
    }

    private func bar(_ step: Int) -> String {
        let done = min(Self.barWidth, Self.barWidth * step / stepsPerEpoch)
        let count = FormattedNumber.padded("\(step)", to: -"\(stepsPerEpoch)".count)
        return "\(count)/\(stepsPerEpoch) " + String(repeating: "━", count: done)
            + String(repeating: "─", count: Self.barWidth - done)
    }

    private static func metrics(accuracy: Double, loss: Double) -> String {
        " - accuracy: \(FormattedNumber.metric(accuracy)) - loss: \(FormattedNumber.metric(loss))"
    }

    private static func stepTime(_ seconds: Double) -> String {
        if seconds >= 1 || seconds == 0 { return "\(FormattedNumber.fixed(seconds, 0))s/step" }
        if seconds >= 1e-3 { return "\(FormattedNumber.fixed(seconds * 1e3, 0))ms/step" }
        return "\(FormattedNumber.fixed(seconds * 1e6, 0))us/step"
    }
}
