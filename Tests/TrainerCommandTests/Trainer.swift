import Foundation
import TestSupport
import Testing

/// Runs the program with the words of `line`, on its own or as so many ranks under mpirun.
///
/// - Parameter reporting: whether a training run makes its report, which takes time, and says so where there is no
///   gnuplot.
func trainer(
    _ line: String, ranks: Int? = nil, _ launcher: TestLauncher = .usual, reporting: Bool = false,
    timeout: TimeInterval = 60
) throws -> ProgramOutcome {
    let words = line.split(separator: " ").map(String.init)
    let isSilent = words.first == "train" && !reporting
    return try trainer(words + (isSilent ? ["--no-report"] : []), ranks: ranks, launcher, timeout: timeout)
}

func trainer(
    _ arguments: [String], ranks: Int? = nil, _ launcher: TestLauncher = .usual, timeout: TimeInterval = 60,
    restore: () throws -> Void = {}
) throws -> ProgramOutcome {
    let name = "swift-run-trainer"
    guard let ranks else { return try run(program: name, arguments: arguments, timeout: timeout) }
    return try mpirun(launcher, ranks: ranks, program: name, arguments: arguments, timeout: timeout, restore: restore)
}

/// Runs one job whose ranks work in different folders, as on hosts that share no file system.
func trainer(_ line: String, inFolders folders: [String], timeout: TimeInterval = 60) throws -> ProgramOutcome {
    let program = try path(ofProgram: "swift-run-trainer")
    let ranks = folders.map { "-n 1 -wdir \($0) \(program) \(line)" }
    let mpirun = TestLauncher.usual.command.joined(separator: " ")
    return try shell(script: "exec \(mpirun) \(ranks.joined(separator: " : "))", timeout: timeout)
}

/// Runs the program and expects that it succeeds, with nothing but warnings on standard error.
@discardableResult
func trained(
    _ line: String, ranks: Int? = nil, _ launcher: TestLauncher = .usual, reporting: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> ProgramOutcome {
    let outcome = try trainer(line, ranks: ranks, launcher, reporting: reporting)
    try #require(outcome.status == 0, "\(line)\n\(outcome.standardError)", sourceLocation: sourceLocation)
    #expect(
        outcome.errorLines.allSatisfy { $0.hasPrefix("warning: ") }, "\(outcome.standardError)",
        sourceLocation: sourceLocation)
    return outcome
}

/// Expects exactly one line on standard error that starts with `error:`, says all of `words` and has a remedy, and
/// nothing on standard output.
func expectError(
    _ outcome: ProgramOutcome, _ status: Int32, saying words: String...,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let text = outcome.standardError
    #expect(outcome.status == status, "\(text)", sourceLocation: sourceLocation)
    #expect(outcome.errorLines.count == 1 && text.hasPrefix("error: "), "\(text)", sourceLocation: sourceLocation)
    for word in words { #expect(text.contains(word), sourceLocation: sourceLocation) }
    #expect(text.contains("; "), "no remedy: \(text)", sourceLocation: sourceLocation)
    #expect(outcome.standardOutput == "", sourceLocation: sourceLocation)
}

extension ProgramOutcome {
    var errorLines: [Substring] { standardError.split(separator: "\n") }

    /// How many lines of standard error contain `words`.
    func errorLines(saying words: String) -> Int { errorLines.count { $0.contains(words) } }
}
