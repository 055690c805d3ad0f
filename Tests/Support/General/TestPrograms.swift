import Foundation

/// How a program ended and what it printed.
public struct ProgramOutcome: Sendable {
    /// The exit code; 128 + the signal's number for a program that a signal ended, as a shell has it.
    public let status: Int32
    public let standardOutput: String
    public let standardError: String
}

/// A program that could not be run to its end.
public struct ProgramFailure: Error, CustomStringConvertible {
    public let description: String
    /// Whether every process that the program had started was gone when it was killed: mpirun hung, not a rank.
    public var isAlone = false
}

/// Runs one of this package's programs under `mpirun`, with more ranks than processors if need be, also as root.
///
/// - Parameters:
///   - launcher: whose `mpirun`.
///   - ranks: how many processes.
///   - program: the name of an executable product of this package.
///   - environment: variables to set beside those of this process.
///   - timeout: after so many seconds all of them are killed and a failure is thrown.
///   - restore: undoes what a run has left behind, should it have to be repeated.
///
/// A run is repeated, at most twice, when mpirun itself falls: after ranks that did not answer have been killed, the
/// PMIx library of Open MPI 4 now and then crashes or waits for ever in its own `PMIx_server_finalize`.
public func mpirun(
    _ launcher: TestLauncher = .usual, ranks: Int, program: String, arguments: [String] = [],
    environment: [String: String] = [:], timeout: TimeInterval = 60, restore: () throws -> Void = {}
) throws -> ProgramOutcome {
    let options = launcher.command + ["-n", String(ranks), try path(ofProgram: program)]
    func attempt() throws -> ProgramOutcome {
        try run(
            URL(fileURLWithPath: "/usr/bin/env"), arguments: options + arguments,
            environment: TestLauncher.environment.merging(environment) { $1 }, timeout: timeout)
    }
    var outcome: ProgramOutcome?
    for _ in 0..<2 where outcome == nil {
        do {
            let ended = try attempt()
            let isCrash = ended.status > 128 && ended.standardError.contains("PMIx_server_finalize")
            outcome = isCrash ? nil : ended
        } catch let failure as ProgramFailure where failure.isAlone {}
        if outcome == nil { try restore() }
    }
    return try outcome.map(withoutRemarks) ?? withoutRemarks(attempt())
}

private func withoutRemarks(_ outcome: ProgramOutcome) -> ProgramOutcome {
    // Now and then mpirun's own event loop trips over a rank that has just been ended, or the MPI library of one rank
    // over another that is gone while it copies from its memory (`[host:process] Read -1, expected …`), and they say
    // so. Nobody but Open MPI can keep that quiet.
    let lines = outcome.standardError.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !$0.hasPrefix("[warn] Epoll ") && !$0.starts(with: #/\[[^\]]+:\d+\] Read -1, expected /#) }
    return ProgramOutcome(
        status: outcome.status, standardOutput: outcome.standardOutput, standardError: lines.joined(separator: "\n"))
}

/// Runs one of this package's programs on its own.
///
/// - Parameters are those of `mpirun`.
public func run(
    program: String, arguments: [String] = [], environment: [String: String] = [:], timeout: TimeInterval = 60
) throws -> ProgramOutcome {
    try run(
        URL(fileURLWithPath: try path(ofProgram: program)), arguments: arguments, environment: environment,
        timeout: timeout)
}

/// Runs a script of the shell, which may start `mpirun` as root too.
///
/// - Parameters are those of `mpirun`.
public func shell(script: String, timeout: TimeInterval = 60) throws -> ProgramOutcome {
    try run(
        URL(fileURLWithPath: "/bin/sh"), arguments: ["-c", script], environment: TestLauncher.environment,
        timeout: timeout)
}

/// The path of an executable product of this package, which stands in the folder of the running tests; another build of
/// it can be named by an environment variable (`SWIFT_RUN_TRAINER` for `swift-run-trainer`).
public func path(ofProgram name: String) throws -> String {
    let variable = name.uppercased().replacingOccurrences(of: "-", with: "_")
    if let path = ProcessInfo.processInfo.environment[variable], !path.isEmpty { return path }
    // The test runner is either the bundle itself or a program that is told where the bundle is.
    let hints =
        CommandLine.arguments.filter { $0.contains(".xctest") } + [
            CommandLine.arguments[0], Bundle.main.bundlePath, Bundle.main.executablePath ?? "",
        ]
    for hint in hints where !hint.isEmpty {
        var folder = URL(fileURLWithPath: hint)
        while folder.path != "/" {
            let candidate = folder.appendingPathComponent(name).path
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue,
                FileManager.default.isExecutableFile(atPath: candidate)
            {
                return candidate
            }
            folder.deleteLastPathComponent()
        }
    }
    throw ProgramFailure(description: "no program \(name) beside the tests (looked above \(hints))")
}

/// Output goes to files: a pipe that nobody empties would stop a program that prints much.
func run(
    _ executable: URL, arguments: [String], environment: [String: String], timeout: TimeInterval
) throws -> ProgramOutcome {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("test-program-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let output = folder.appendingPathComponent("output")
    let errors = folder.appendingPathComponent("errors")
    for file in [output, errors] { try Data().write(to: file) }

    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try withAllSignalsOpen { try process.run() }
    let isInTime = ended.wait(timeout: .now() + timeout) == .success
    let isAlone = !isInTime && !hasLivingChildren(process.processIdentifier)
    if !isInTime { kill(process, ended) }

    let text = try [output, errors].map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
    guard isInTime else {
        let command = ([executable.path] + arguments).joined(separator: " ")
        throw ProgramFailure(
            description: "killed after \(timeout) s: \(command)\n--- output:\n\(text[0])\n--- errors:\n\(text[1])",
            isAlone: isAlone)
    }
    let isSignal = process.terminationReason == .uncaughtSignal
    return ProgramOutcome(
        status: isSignal ? 128 + process.terminationStatus : process.terminationStatus, standardOutput: text[0],
        standardError: text[1])
}

/// A program inherits the blocked signals of the thread that starts it, and those of a thread pool block nearly all:
/// such a program could not be asked to end.
private func withAllSignalsOpen(_ start: () throws -> Void) rethrows {
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try start()
}

/// Whether a process that `parent` has started runs, sleeps or is stopped; one that has ended but was not waited for
/// (a zombie) is none. Always true where there is no `/proc`.
private func hasLivingChildren(_ parent: Int32) -> Bool {
    guard let entries = try? FileManager.default.contentsOfDirectory(atPath: "/proc") else { return true }
    return entries.contains { entry in
        guard Int32(entry) != nil, let status = try? String(contentsOfFile: "/proc/\(entry)/stat", encoding: .utf8),
            let nameEnd = status.lastIndex(of: ")")
        else { return false }
        // number (name) state parent …
        let fields = status[nameEnd...].split(separator: " ")
        return fields.count > 2 && fields[2] == String(parent) && fields[1] != "Z"
    }
}

/// Ends the process and those that it started: mpirun, asked to end, kills its ranks; then the whole process group
/// (`Process` makes each child the leader of its own) is killed for good.
private func kill(_ process: Process, _ ended: DispatchSemaphore) {
    let identifier = process.processIdentifier
    process.terminate()
    if ended.wait(timeout: .now() + 20) != .success { process.interrupt() }
    kill(-identifier, SIGKILL)
    kill(identifier, SIGKILL)
}
