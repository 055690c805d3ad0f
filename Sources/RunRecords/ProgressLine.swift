import Files

/// The progress of training, as Keras prints it.
///
/// On a terminal a line with a moving bar, redrawn in place, with the time that is left in the epoch and in all:
/// ```
/// Epoch 1/15
/// 41/75 ━━━━━━━━━━────────── 2s (58s in all) 51ms/step - accuracy: 0.5519 - loss: 0.6890
/// ```
/// and at the epoch's end, with the epoch's time in place of the remaining time:
/// ```
/// 75/75 ━━━━━━━━━━━━━━━━━━━━ 4s 50ms/step - accuracy: 0.5519 - loss: 0.6890 - val_accuracy: 0.5604 - val_loss: 0.6871
/// ```
/// Elsewhere (a file, a pipe) a line at the start, one an epoch, and at most one a minute of where the run is:
/// ```
/// training vgg6 in runs/vgg6: 15 epochs of 75 steps, 19200 stamps, 1 rank × 8 threads on node17
/// Epoch 1/15 - 4s - loss: 0.6890 - accuracy: 0.5519 - val_loss: 0.6871 - val_accuracy: 0.5604 - 14034 stamps/s
/// step 12/75 of epoch 2/15 - loss: 0.6690 - accuracy: 0.5619 - 58s left in all
/// ```
/// It uses no colours, so there is nothing for `NO_COLOR` to switch off. The clock is passed in, as nanoseconds of any
/// clock that does not run backwards.
public struct ProgressLine: Sendable {
    /// What the text is written to.
    public enum Style: Hashable, Sendable {
        /// A terminal that can redraw a line.
        ///
        /// - Parameter reflows: whether it wraps the lines that it shows anew when it becomes narrower.
        case terminal(reflows: Bool)
        /// A file or a pipe: nothing is redrawn.
        case plain
    }

    /// The shortest time between two drawings, in nanoseconds: ten a second.
    public static let redrawInterval: UInt64 = 100_000_000
    /// The shortest time between two lines within an epoch where nothing is redrawn, in nanoseconds: a minute.
    public static let lineInterval: UInt64 = 60_000_000_000

    private let style: Style
    private let columns: @Sendable () -> Int
    private let timestamp: (@Sendable () -> String)?
    private let text: ProgressText
    private let write: @Sendable (String) -> Void

    private var epoch = 1
    private var epochStart: UInt64 = 0
    private var firstStep = 0
    private var nextDrawing: UInt64 = .max
    /// The time that the last epoch took; nil before the first has ended.
    private var secondsPerEpoch: Double?
    /// How many columns the line that is being redrawn takes; 0 for none.
    private var drawnColumns = 0

    /// Prints nothing yet.
    /// - Parameters:
    ///   - columns: how wide the terminal is now; asked each time that a line is drawn.
    ///   - epochs: of the whole run.
    ///   - stepsPerEpoch: at least one.
    ///   - timestamp: what each line begins with where nothing is redrawn.
    ///   - write: takes the text to be written, which may be part of a line, and flushes it.
    public init(
        style: Style, columns: @escaping @Sendable () -> Int = { 80 }, epochs: Int, stepsPerEpoch: Int,
        timestamp: (@Sendable () -> String)? = nil, write: @escaping @Sendable (String) -> Void
    ) {
        self.style = style
        self.columns = columns
        self.timestamp = timestamp
        self.write = write
        text = ProgressText(epochs: epochs, stepsPerEpoch: stepsPerEpoch)
    }

    /// The run starts, or goes on.
    ///
    /// - Parameter description: what is trained and where; shown where nothing is redrawn.
    public mutating func begin(_ description: String, at now: UInt64) {
        guard style == .plain else { return }
        writeLine(description)
        nextDrawing = now + Self.lineInterval
    }

    /// An epoch starts.
    /// - Parameters:
    ///   - epoch: 1 for the first.
    ///   - firstStep: steps of this epoch already done, in a run that is resumed.
    public mutating func beginEpoch(_ epoch: Int, firstStep: Int = 0, at now: UInt64) {
        (self.epoch, self.firstStep, epochStart) = (epoch, firstStep, now)
        guard style != .plain else { return }
        leaveLine()
        write("Epoch \(epoch)/\(text.epochs)\n")
        nextDrawing = now
    }

    /// A step is done. Returns at once when the line was drawn less than ``redrawInterval`` ago, or written less than
    /// ``lineInterval`` ago.
    /// - Parameters:
    ///   - step: steps of this epoch that are done.
    ///   - loss: mean over the epoch so far, like `accuracy`.
    public mutating func update(step: Int, loss: Double, accuracy: Double, at now: UInt64) {
        guard now >= nextDrawing else { return }
        let state = ProgressText.State(
            epoch: epoch, step: step, stepsHere: step - firstStep, loss: loss, accuracy: accuracy,
            seconds: now > epochStart ? Double(now - epochStart) * 1e-9 : 0, secondsPerEpoch: secondsPerEpoch)
        switch style {
        case .plain:
            nextDrawing = now + Self.lineInterval
            writeLine(text.minute(state))
        case .terminal:
            nextDrawing = now + Self.redrawInterval
            // A line longer than the terminal is wide would wrap, and could not be redrawn in place.
            let columns = max(2, columns())
            let line = text.drawn(state).prefix(columns - 1)
            write("\(returned(columns))\(line)\(Self.eraseToEndOfLine)")
            drawnColumns = line.count
        }
    }

    /// An epoch is complete, its validation included.
    public mutating func endEpoch(_ row: HistoryRow) {
        secondsPerEpoch = row.seconds
        switch style {
        case .plain:
            writeLine(text.plain(row))
        case .terminal:
            let line = text.final(row, stepsHere: text.stepsPerEpoch - firstStep)
            write("\(returned(max(2, columns())))\(line)\(Self.eraseToEndOfLine)\n")
            drawnColumns = 0
            nextDrawing = .max
        }
    }

    /// Ends a line that is being redrawn, so that other text (a warning, an error) starts on a line of its own.
    public mutating func leaveLine() {
        guard drawnColumns > 0 else { return }
        write("\n")
        drawnColumns = 0
    }

    private func writeLine(_ line: String) { write("\(timestamp.map { "\($0()) " } ?? "")\(line)\n") }

    // MARK: Control sequences (ECMA-48)

    private static let eraseToEndOfLine = "\u{1B}[K"
    private static let eraseToEndOfScreen = "\u{1B}[J"

    /// Goes back to where the line that is being redrawn begins: rows above, on a terminal that has become narrower and
    /// has wrapped it.
    private func returned(_ columns: Int) -> String {
        guard style == .terminal(reflows: true), drawnColumns > columns else { return "\r" }
        return "\u{1B}[\((drawnColumns - 1) / columns)A\r\(Self.eraseToEndOfScreen)"
    }
}
