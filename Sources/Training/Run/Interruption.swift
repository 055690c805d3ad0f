import CSignals
import Faults

/// Signals that ask a run to write a checkpoint and stop: SIGTERM, SIGINT, SIGHUP (the terminal is gone) and SIGUSR1, as
/// people and batch systems send them. A second SIGINT ends the process at once.
public enum Interruption {
    /// From here on the signals are recorded instead of ending the process.
    public static func watch() { stop_signals_watch() }

    /// The number of the first signal that was received; 0 before.
    static var signal: Int { Int(stop_signals_noted()) }

    /// What all ranks throw when one of them was asked to stop.
    ///
    /// - Parameter checkpoint: what the run can be resumed from.
    static func fault(signal: Int, checkpoint: String) -> Fault {
        Fault(
            .stoppedEarly, name(signal), "stopped with the checkpoint \(checkpoint)",
            remedy: "run the same command with --resume to go on")
    }

    private static func name(_ signal: Int) -> String {
        // The numbers of Linux on all processors that Swift knows.
        [1: "SIGHUP", 2: "SIGINT", 10: "SIGUSR1", 15: "SIGTERM"][signal] ?? "signal \(signal)"
    }
}
