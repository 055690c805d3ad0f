import Files

/// How one start of a run is carried out: on how much of a machine, how it is watched, whether it goes on.
///
/// Neither the result nor, for that reason, `config.json` knows of it, so that a run may go on with others.
public struct ExecutionSettings: Hashable, Sendable {
    /// Lanes of a rank; nil for as many as the rank may use processors.
    public var threads: Int?
    /// The most memory that the stamps of one rank may take; nil for all that they need.
    public var memory: MemorySize?
    /// How many neighbouring ranks sum among themselves first; nil for those of a host.
    public var ranksPerNode: Int?
    /// How many seconds a rank waits for the others before it ends the run; 0 for ever.
    public var stallTimeout = 300
    /// Whether the run goes on from the newest checkpoint in its folder.
    public var resume = false
    /// Whether the run writes what TensorBoard shows.
    public var tensorBoard = true
    /// A folder of MLflow's file store that the run is recorded in too; nil for none.
    public var logMLflow: String?
    /// Whether standard output shows how far the training is.
    public var showsProgress = true
    /// Where to write a trace of some steps; nil for none.
    public var trace: String?
    /// The most steps that the trace shows.
    public var traceSteps = 20
    /// The command as it was typed, for the record; nil when there is none.
    public var commandLine: [String]?

    /// All processors, all the memory that is needed, a run from the start.
    public init() {}

    private static let usual = ExecutionSettings()

    /// Every setting of these. JSON has those that are not as usual; a command that makes a run again has none.
    static let all: [Setting] = [
        Setting("threads", \.execution.threads, "--threads", makesRun: false, must: .threads),
        Setting("memory", \.execution.memory, "--memory", makesRun: false, must: .memory),
        Setting("ranks_per_node", \.execution.ranksPerNode, "--ranks-per-node", makesRun: false, must: .ranksPerNode),
        Setting(
            "stall_timeout", \.execution.stallTimeout, "--stall-timeout", unwritten: usual.stallTimeout,
            makesRun: false,
            must: Requirement("must be from 0 to \(1 << 30)", remedy: "give seconds, or 0 to wait for ever") {
                (0...1 << 30).contains($0)
            }),
        Setting("resume", \.execution.resume, unwritten: usual.resume, options: [.ofThisStart("--resume")]),
        Setting(
            "tensorboard", \.execution.tensorBoard, unwritten: usual.tensorBoard,
            options: [.ofThisStart("--no-tensorboard")]),
        Setting(
            "log_mlflow", \.execution.logMLflow, "--log-mlflow", makesRun: false,
            must: .name(remedy: "name the folder of the file store")),
        Setting(
            "shows_progress", \.execution.showsProgress, unwritten: usual.showsProgress,
            options: [.ofThisStart("--quiet")]),
        Setting(
            "trace", \.execution.trace, "--trace", makesRun: false, must: .name(remedy: "name the file to write")),
        Setting(
            "trace_steps", \.execution.traceSteps, "--trace-steps", unwritten: usual.traceSteps, makesRun: false,
            must: .count),
        Setting("command_line", \.execution.commandLine, options: []),
    ]
}

extension SettingOption {
    /// An option without a value that says nothing of the run itself.
    fileprivate static func ofThisStart(_ flag: String) -> SettingOption { SettingOption(flag) { _ in nil } }
}

extension Requirement where Value == Int {
    /// Lanes of a rank.
    package static var threads: Requirement {
        // More than any machine has processors.
        let most = 1024
        return Requirement(
            "must be from 1 to \(most)", remedy: "leave it out for as many as the rank may use processors"
        ) { (1...most).contains($0) }
    }

    /// Neighbouring ranks that sum among themselves.
    package static var ranksPerNode: Requirement {
        Requirement("must be 1 or more", remedy: "give a divisor of the number of ranks, or leave it out") { $0 >= 1 }
    }
}

extension Requirement where Value == MemorySize {
    fileprivate static var memory: Requirement {
        Requirement("must be a whole number of bytes, K, M, G or T", remedy: "give, for instance, 512M") {
            $0.bytes > 0
        }
    }
}

extension MemorySize {
    /// Reads the value of `--memory`.
    ///
    /// - Throws: `Fault(.usage)`.
    package init(option text: String) throws {
        guard let size = MemorySize(parsing: text), size.bytes > 0 else {
            throw Requirement<MemorySize>.memory.fault(of: "--memory", text)
        }
        self = size
    }
}
