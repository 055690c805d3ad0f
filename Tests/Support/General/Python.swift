import Foundation

/// A Python that has what a test needs, for what only another program can say of our files.
package struct Python: Sendable {
    private let interpreter: String

    /// The first of `SWIFT_RUN_TRAINER_PYTHON` and `python3` that has all of these modules; nil where none has.
    package init?(having modules: String...) {
        let question = "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, sys.argv[1:])))"
        let named = ProcessInfo.processInfo.environment["SWIFT_RUN_TRAINER_PYTHON"]
        let found = [named, "python3"].compactMap(\.self).first {
            (try? Self.run($0, ["-c", question] + modules))?.status == 0
        }
        guard let found else { return nil }
        interpreter = found
    }

    /// Runs a Python program.
    package func run(_ arguments: [String]) throws -> ProgramOutcome { try Self.run(interpreter, arguments) }

    /// Runs a script of `Tests/ReferenceValues`, say `read_events.py`, and returns what it prints.
    /// - Throws: `ProgramFailure` when the script fails.
    @discardableResult
    package func output(ofScript name: String, _ arguments: [String]) throws -> String {
        let outcome = try run([ReferenceValues.path(name)] + arguments)
        guard outcome.status == 0 else {
            throw ProgramFailure(
                description: "\(name) failed (\(outcome.status)): \(outcome.standardOutput)\(outcome.standardError)")
        }
        return outcome.standardOutput
    }

    private static func run(_ interpreter: String, _ arguments: [String]) throws -> ProgramOutcome {
        // TensorFlow takes half a minute to load on a busy machine.
        try TestSupport.run(
            URL(fileURLWithPath: "/usr/bin/env"), arguments: [interpreter] + arguments, environment: [:], timeout: 300)
    }
}
