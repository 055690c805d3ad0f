import Faults
import Foundation
import Testing

@testable import Figures

/// Programs that stand in gnuplot's place and behave badly.
@Suite struct GnuplotTests {
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("gnuplot-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    /// A program of the shell that draws, and the fault of a run of it.
    private func fault(of script: String, limit: Duration) throws -> Fault {
        let program = "\(folder)/program"
        try "#!/bin/sh\n\(script)\n".write(toFile: program, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let gnuplot = Gnuplot(
            environment: [Gnuplot.environmentVariable: program, "PATH": "/usr/bin:/bin"], timeLimit: limit)
        // A program that was written just now is busy while another test starts a process.
        for _ in 0..<20 {
            let fault = try #require(throws: Fault.self) { try gnuplot.run("figures.gnuplot", in: folder) }
            if !fault.problem.contains("Text file busy") { return fault }
            usleep(100_000)
        }
        return try #require(throws: Fault.self) { try gnuplot.run("figures.gnuplot", in: folder) }
    }

    /// One that sleeps, one that ignores requests to end, one that writes without end, one that has closed all, and
    /// one that has left its work to another.
    @Test(arguments: [
        "exec sleep 1000", "trap '' TERM HUP INT; while :; do sleep 1; done",
        "while :; do echo nothing but words, and more of them >&2; done", "exec <&- >&- 2>&-; sleep 1000",
        "sleep 1000 & wait",
    ])
    func oneThatDoesNotEndIsEnded(script: String) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let fault = try fault(of: "echo $$ >\(folder)/group; \(script)", limit: .seconds(4))
        #expect(fault.description.contains("has not drawn the figures within 4 seconds; "))
        let number = try String(contentsOfFile: "\(folder)/group", encoding: .utf8)
        let group = try #require(Int32(number.trimmingCharacters(in: .newlines)))
        for _ in 0..<100 where kill(-group, 0) == 0 { usleep(20_000) }
        #expect(kill(-group, 0) != 0)
    }

    @Test func whatItSaysIsTold() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let fault = try fault(of: "echo 'line 7: no such font' >&2; exit 3", limit: .seconds(60))
        #expect(fault.problem == "cannot draw figures.gnuplot: line 7: no such font")
        #expect(try self.fault(of: "kill -9 $$", limit: .seconds(60)).problem.hasSuffix("it ended with status 137"))
    }

    /// One that takes too long is not tried again, for each figure by itself.
    @Test func thereIsOneLimitForAll() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let gnuplot = Gnuplot(environment: [Gnuplot.environmentVariable: "/bin/cat"], timeLimit: .zero)
        let fault = try #require(throws: Fault.self) { try gnuplot.run("figures.gnuplot", in: "/tmp") }
        #expect(fault.problem.contains("has not drawn") && gnuplot.isOutOfTime)
    }
}
