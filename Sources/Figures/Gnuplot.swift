import Faults
import Files
import Glibc
import Synchronization

/// The program that draws: https://gnuplot.info, version 5.4 or later.
public final class Gnuplot: Sendable {
    /// The environment variable that names a program other than the first `gnuplot` in `PATH`.
    public static let environmentVariable = "SWIFT_RUN_TRAINER_GNUPLOT"

    /// The program; nil when there is none.
    public let path: String?
    private let environment: [String: String]
    private let timeLimit: Duration
    /// How long the program has run so far.
    private let spent = Mutex(Duration.zero)

    /// Looks for the program.
    ///
    /// - Parameter timeLimit: how long the program may run, in all; it usually takes a few seconds.
    public init(environment: [String: String], timeLimit: Duration = .seconds(600)) {
        self.environment = environment
        self.timeLimit = timeLimit
        if let named = environment[Self.environmentVariable] {
            path = Self.isProgram(named) ? named : nil
        } else {
            path = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
                .map { "\($0)/gnuplot" }.first(where: Self.isProgram)
        }
    }

    private static func isProgram(_ path: String) -> Bool {
        FileAccess.exists(path) && !FileAccess.isFolder(path) && access(path, X_OK) == 0
    }

    /// Refuses to go on without the program, for what is of no use without a picture.
    ///
    /// - Parameter option: what asks for the picture.
    /// - Throws: `Fault(.unavailable)`.
    public func require(for option: String) throws(Fault) {
        guard path == nil else { return }
        let named = environment[Self.environmentVariable]
        throw Fault(
            .unavailable, option,
            named.map { "needs gnuplot, and \(Self.environmentVariable) names \($0), which is no program" }
                ?? "needs gnuplot, which is not installed",
            remedy: named == nil
                ? "install it (apt install gnuplot-nox), or leave the option out" : "name gnuplot there, or unset it")
    }

    /// Runs the commands of the file `script` in `folder`; names in them are relative to it.
    ///
    /// - Throws: `Fault` when the program is not installed, cannot be started, takes too long or does not succeed: with
    ///   the first line of its message.
    func run(_ script: String, in folder: String) throws {
        guard let path else {
            throw Fault(
                .missingInput, environment[Self.environmentVariable] ?? "gnuplot",
                "is not installed, so the figures exist only as .csv",
                remedy: "install it (apt install gnuplot-nox), then: swift-run-trainer report --run DIR")
        }
        guard !isOutOfTime else { throw overtime(path) }
        // The user's own settings (~/.gnuplot) are not meant for these figures.
        let commands = "cd \(PlotStyle.quoted(folder)); load \(PlotStyle.quoted(script))"
        // Numbers have a decimal point in every language.
        let variables = environment.merging(["LC_ALL": "C.UTF-8"]) { $1 }.map { "\($0)=\($1)" }
        let start = ContinuousClock.now
        defer { spent.withLock { $0 += ContinuousClock.now - start } }
        let (ending, text) = try started(path, ["gnuplot", "-d", "-e", commands], variables)
            .wait(atMost: timeLimit - spent.withLock { $0 })
        switch ending {
        case .status(0): return
        case .status(let status):
            let lines = String(decoding: text, as: UTF8.self)
                .split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }
            let reason = lines.first { $0.contains("line ") } ?? lines.first ?? "it ended with status \(status)"
            throw Fault(
                .internalFault, path, "cannot draw \(script): \(reason)",
                remedy: "use gnuplot 5.4 or later; the figures' .csv files are there")
        case .overtime:
            // Another try would take as long.
            spent.withLock { $0 = max($0, timeLimit) }
            throw overtime(path)
        case .stopped:
            spent.withLock { $0 = max($0, timeLimit) }
            throw Fault(
                .internalFault, path, "was ended by a signal before it had drawn the figures",
                remedy: "make them with: swift-run-trainer report --run DIR")
        }
    }

    /// Whether the program has had all the time that it may take.
    var isOutOfTime: Bool { spent.withLock { $0 >= timeLimit } }

    private func overtime(_ path: String) -> Fault {
        Fault(
            .internalFault, path, "has not drawn the figures within \(timeLimit.components.seconds) seconds",
            remedy: "look why, then make them with: swift-run-trainer report --run DIR")
    }

    private func started(_ path: String, _ arguments: [String], _ variables: [String]) throws -> ChildProcess {
        do throws(OtherProgram.Failure) {
            return try ChildProcess(path, arguments: arguments, variables: variables)
        } catch {
            throw Fault(
                .internalFault, path, "cannot be started (\(String(cString: strerror(error.number))))",
                remedy: "name a program that draws with \(Self.environmentVariable)")
        }
    }
}
