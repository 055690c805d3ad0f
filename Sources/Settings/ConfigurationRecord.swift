import Files
import StampData

/// What `config.json` holds: the settings of a run, what it found out, and what explains its speed and its bits.
public struct ConfigurationRecord: Codable, Hashable, Sendable {
    /// As resolved, defaults included.
    public var settings: TrainingSettings { recorded.settings }
    /// What was found out before the first step.
    public var findings: RunFindings { recorded.findings }
    private var recorded: RecordedSettings
    /// What the program was made from.
    public var versions: SoftwareVersions
    /// What computed: the kernel that OpenBLAS chose for this CPU (`openblas_get_corename`), and that of the program's own
    /// loops.
    public var cpuKernelType: String
    /// What the result's bits depend on beside the settings; nil in runs of versions that did not note it.
    public var bitsDependOn: [String]?
    /// MPI processes; 1 without MPI.
    public var ranks: Int
    /// Lanes of each rank.
    public var threads: Int
    /// The most memory that stamps might take on a rank, as it was given; nil where it was not limited.
    public var memory: String?
    /// What `--skip-bad` left out.
    public var badStamps: BadStampCounts
    /// The command that made the run, word by word as it was typed; nil when that is not known.
    public var commandLine: [String]?
    /// When the run was begun, and when it ended, in UTC as ISO 8601 writes it; nil when that is not known.
    public var began: String?
    public var ended: String?
    /// The names of the machines that its ranks ran on last, each once; nil when they are not known.
    public var hosts: [String]?
    /// The names of the files that the run has made, noted as the last thing that it does; none until then, and nil in
    /// runs of versions that did not note it.
    public var finishedFiles: [String]?

    public init(
        settings: TrainingSettings, findings: RunFindings, versions: SoftwareVersions, cpuKernelType: String,
        ranks: Int, threads: Int,
        memory: String? = nil, badStamps: BadStampCounts, commandLine: [String]? = nil
    ) {
        recorded = RecordedSettings(settings: settings, findings: findings)
        self.versions = versions
        self.cpuKernelType = cpuKernelType
        self.ranks = ranks
        self.threads = threads
        self.memory = memory
        self.badStamps = badStamps
        self.commandLine = commandLine
    }

    enum CodingKeys: String, CodingKey {
        case versions, ranks, threads, memory, began, ended, hosts
        case recorded = "settings"
        case cpuKernelType = "cpu_kernel_type"
        case bitsDependOn = "bits_depend_on"
        case badStamps = "bad_stamps"
        case commandLine = "command_line"
        case finishedFiles = "finished_files"
    }
}

extension ConfigurationRecord {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        recorded = try container.decode(RecordedSettings.self, forKey: .recorded)
        versions = try container.decode(SoftwareVersions.self, forKey: .versions)
        cpuKernelType = try container.decode(String.self, forKey: .cpuKernelType)
        bitsDependOn = try container.decodeIfPresent([String].self, forKey: .bitsDependOn)
        ranks = try container.decodeCount(from: 1, forKey: .ranks)
        threads = try container.decodeCount(from: 1, forKey: .threads)
        memory = try container.decodeIfPresent(String.self, forKey: .memory)
        badStamps = try container.decode(BadStampCounts.self, forKey: .badStamps)
        commandLine = try container.decodeIfPresent([String].self, forKey: .commandLine)
        began = try container.decodeIfPresent(String.self, forKey: .began)
        ended = try container.decodeIfPresent(String.self, forKey: .ended)
        hosts = try container.decodeIfPresent([String].self, forKey: .hosts)
        finishedFiles = try container.decodeIfPresent([String].self, forKey: .finishedFiles)
        let arePart = findings.classStamps.enumerated().allSatisfy { label, count in
            badStamps.count(of: label, in: findings.classes).map { (0...count).contains($0) } ?? false
        }
        guard arePart else {
            throw DecodingError.dataCorruptedError(
                forKey: .badStamps, in: container, debugDescription: "it is not a part of the stamps")
        }
    }
}

/// The settings and the findings, which share one JSON object.
private struct RecordedSettings: Codable, Hashable {
    let settings: TrainingSettings
    let findings: RunFindings

    init(settings: TrainingSettings, findings: RunFindings) {
        (self.settings, self.findings) = (settings, findings)
    }

    init(from decoder: any Decoder) throws {
        settings = try TrainingSettings(from: decoder)
        findings = try RunFindings(from: decoder)
    }

    func encode(to encoder: any Encoder) throws {
        try settings.encode(to: encoder)
        try findings.encode(to: encoder)
    }
}

/// What the program was made from.
public struct SoftwareVersions: Codable, Hashable, Sendable {
    /// The version of this program.
    public var program: String
    /// The compiler's version, for instance `6.3`.
    public var swift: String
    /// `openblas_get_config`.
    public var openBLAS: String

    public init(program: String, swift: String, openBLAS: String) {
        self.program = program
        self.swift = swift
        self.openBLAS = openBLAS
    }

    enum CodingKeys: String, CodingKey {
        case program, swift
        case openBLAS = "openblas"
    }
}
