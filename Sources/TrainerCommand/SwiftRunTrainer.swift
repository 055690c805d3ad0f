import ArgumentParser
import Communication
import Faults
import Files
import FoundationEssentials
import Isolation
import KerasFormat
import Logging
import StampFormats

/// The program: parses the command line, starts the process group, runs the command on every rank.
@main
struct SwiftRunTrainer: ParsableCommand, HasExamples {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "swift-run-trainer",
        abstract: "Trains networks that distinguish point sources from noise in survey stamps, on one machine or many.",
        discussion: """
            Without a subcommand it trains. Run it under mpirun to use several processes; the result has the same \
            bits for any number of processes and threads.

            Exit codes: 0 done, 64 wrong usage, 65 bad data, 66 input missing, 69 a program or library is \
            not there, 70 internal fault, 71 no memory or threads, 74 cannot write, 75 stopped early with a checkpoint (run it again with --resume).
            """,
        version: version,
        subcommands: [
            Train.self, Predict.self, Evaluate.self, Occlusion.self, Report.self, Summary.self, Simulate.self,
            Convert.self, Bench.self, Verify.self, Status.self, Tune.self,
        ],
        defaultSubcommand: Train.self)

    static let examples = [
        "swift-run-trainer simulate --output stamps --sources 10000 --noise 10000",
        "swift-run-trainer train --data stamps --output runs/survey",
    ]

    /// What reads files in a process of its own.
    private static var decoders: [any IsolatedDecoder.Type] {
        var decoders: [any IsolatedDecoder.Type] = []
        #if FITS
            decoders.append(FITSDecoder.self)
        #endif
        #if Keras
            decoders +=
                [WeightsDecoder.self, LegacyLayoutDecoder.self, HDF5StampsDecoder.self] as [any IsolatedDecoder.Type]
        #endif
        return decoders
    }

    static func main() {
        DecodingServer.runIfWanted(CommandLine.arguments, decoders)
        StandardOutput.prepare()
        let environment = ProcessInfo.processInfo.environment
        let command: any GroupCommand
        do {
            try refuseUnreadableArguments()
            var parsed = try parseAsRoot()
            guard let groupCommand = parsed as? any GroupCommand else {
                // The parser's own `help` command: it ends by throwing the text.
                try parsed.run()
                exitProcess(0)
            }
            command = groupCommand
            command.willStart()
        } catch {
            end(unparsed: error, environment: environment)
        }
        exitProcess(
            ProcessGroups.run(
                environment: environment, limits: command.waitLimits,
                line: { fault in
                    StandardOutput.leaveProgress()
                    return StandardErrorLog.line(fault, environment: environment)
                }
            ) { group in
                try command.run(
                    in: group, environment: environment,
                    logger: StandardErrorLog.logger(
                        rank: group.rank, level: command.verbosity.level, environment: environment))
            })
    }

    /// The words behind that of the command.
    static var argumentsOfCommand: [String] { Array(CommandLine.arguments.dropFirst(2)) }

    /// An argument that is not UTF-8 would name another file than the one that is meant.
    private static func refuseUnreadableArguments() throws {
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = unsafe CommandLine.unsafeArgv[index],
                unsafe String(validatingCString: argument) == nil
            else { continue }
            throw Fault(
                .usage, "argument \(index)", "\(unsafe String(cString: argument)) is not UTF-8",
                remedy: "rename the file that it names")
        }
    }

    /// Help and version are printed and succeed; anything else is one line on standard error and exit code 64.
    private static func end(unparsed error: any Error, environment: [String: String]) -> Never {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let mistyped = MistypedWords(Self.self)
        let unknownTopic = mistyped.faultOfHelp(arguments)
        if exitCode(for: error) == .success, unknownTopic == nil {
            if let launcher = Launcher(environment: environment), launcher.rank ?? 0 > 0, launcher.isRunning {
                exitProcess(0)
            }
            do {
                var text = fullMessage(for: error)
                if text == version { text = "swift-run-trainer \(version)\nMPI: \(mpi(environment))" }
                try StandardOutput.print(result: HelpText.withExamples(text, of: Self.self) + "\n")
                exitProcess(0)
            } catch {
                StandardErrorLog.writeLine(StandardErrorLog.line(error, environment: environment))
                exitProcess(error.exitCode)
            }
        }
        let fault =
            unknownTopic ?? error as? Fault ?? mistyped.fault(arguments, message(for: error)) ?? usageFault(error)
        exitProcess(
            ProcessGroups.run(
                environment: environment, line: { StandardErrorLog.line($0, environment: environment) }
            ) { _ in throw AgreedFault(fault: fault) })
    }

    /// The MPI library that this start of the program works with.
    private static func mpi(_ environment: [String: String]) -> String {
        guard let launcher = Launcher(environment: environment) else {
            return "not started by a launcher, so none is opened; mpirun -n 1 swift-run-trainer --version tells which"
        }
        do {
            return try MPILibrary.load(for: launcher, environment).description
        } catch {
            return "none: \(error)"
        }
    }

    private static func usageFault(_ error: any Error) -> Fault {
        // The parser's messages already name the option; its usage text would make more lines of them.
        Fault(.usage, "command line", firstLine(of: message(for: error)), remedy: "see swift-run-trainer --help")
    }

    /// What the parser says, on one line.
    static func firstLine(of text: String) -> String {
        let lines = text.split(separator: "\n")
        var message = String(lines.first ?? "wrong usage")
        while message.hasSuffix(".") { message.removeLast() }
        // Many allowed values stand in lines of their own.
        let values = lines.dropFirst().prefix { $0.hasPrefix("  - ") }.map { $0.dropFirst(4) }
        if message.hasSuffix(":") { message += " " + values.joined(separator: ", ") }
        return message
    }
}

/// A command whose help ends with examples.
protocol HasExamples: ParsableCommand {
    /// Two command lines.
    static var examples: [String] { get }
}

extension ParsableCommand {
    /// What it is called on the command line.
    static var name: String { configuration.commandName ?? "\(Self.self)".lowercased() }
}

/// A command that runs on every rank of a group.
protocol GroupCommand: HasExamples {
    var verbosity: VerbosityOptions { get }

    /// How long ranks wait for others.
    var waitLimits: WaitLimits { get }

    /// Called before the group of processes starts.
    func willStart()

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws
}

extension GroupCommand {
    var waitLimits: WaitLimits { WaitLimits() }

    func willStart() {}
}
