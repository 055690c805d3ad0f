import Faults
import Files
import Glibc

/// The program that draws: https://gnuplot.info, version 5.4 or later.
public struct Gnuplot: Sendable {
    /// The environment variable that names a program other than the first `gnuplot` in `PATH`.
    public static let environmentVariable = "SWIFT_RUN_TRAINER_GNUPLOT"

    /// The program; nil when there is none.
    public let path: String?
    private let environment: [String: String]

    /// Looks for the program.
    public init(environment: [String: String]) {
        self.environment = environment
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

    /// Runs the commands of the file `script` in `folder`; names in them are relative to it.
    ///
    /// - Throws: `Fault` when the program is not installed, cannot be started, or does not succeed: with the first line
    ///   of its message.
    func run(_ script: String, in folder: String) throws {
        guard let path else {
            throw Fault(
                .missingInput, environment[Self.environmentVariable] ?? "gnuplot",
                "is not installed, so the figures exist only as .csv",
                remedy: "install it (apt install gnuplot-nox), then: swift-run-trainer report --run DIR")
        }
        let messages = "\(folder)/.gnuplot.messages"
        unlink(messages)
        defer { unlink(messages) }
        // The user's own settings (~/.gnuplot) are not meant for these figures.
        let commands = "cd \(PlotStyle.quoted(folder)); load \(PlotStyle.quoted(script))"
        let arguments = ["gnuplot", "-d", "-e", commands]
        let status = try wait(spawn(path, arguments, messages: messages))
        guard status == 0 else {
            let lines = String(decoding: (try? FileAccess.read(messages)) ?? [], as: UTF8.self)
                .split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }
            let reason = lines.first { $0.contains("line ") } ?? lines.first ?? "it ended with status \(status)"
            throw Fault(
                .internalFault, path, "cannot draw \(script): \(reason)",
                remedy: "use gnuplot 5.4 or later; the figures' .csv files are there")
        }
    }

    private func spawn(_ path: String, _ arguments: [String], messages: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, messages, O_WRONLY | O_CREAT | O_EXCL, 0o666)
        var process = pid_t()
        // Numbers have a decimal point in every language.
        let variables = environment.merging(["LC_ALL": "C.UTF-8"]) { $1 }.map { "\($0)=\($1)" }
        let code = Self.withCStrings(arguments) { arguments in
            Self.withCStrings(variables) { posix_spawn(&process, path, &actions, nil, arguments, $0) }
        }
        guard code == 0 else {
            throw Fault(
                .internalFault, path, "cannot be started (\(String(cString: strerror(code))))",
                remedy: "name a program that draws with \(Self.environmentVariable)")
        }
        return process
    }

    /// The exit status, or 128 plus the signal that ended the process.
    private func wait(_ process: pid_t) throws -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else {
                throw Fault(
                    .internalFault, path ?? "", "cannot be waited for (\(String(cString: strerror(errno))))",
                    remedy: "make the figures again with: swift-run-trainer report --run DIR")
            }
        }
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }

    /// Calls `body` with a null-terminated array of C strings.
    private static func withCStrings<Result>(
        _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = texts.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
    }
}
