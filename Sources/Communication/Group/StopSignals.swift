import CSignals

/// Signals that ask the program to stop, while there is nothing that it could save first.
enum StopSignals {
    /// Performs `work`, which may wait for ever and which these signals therefore end, together with the process.
    static func endingProcess<Value>(_ work: () throws -> Value) rethrows -> Value {
        stop_signals_set_idle(true)
        defer { stop_signals_set_idle(false) }
        return try work()
    }
}
