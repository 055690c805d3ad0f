import StampData

/// Everything that decides a run's result, or explains its speed: `config.json`.
public struct ConfigurationRecord<Settings: Codable & Sendable>: Codable, Sendable {
    /// Every setting as resolved, defaults included.
    public var settings: Settings
    /// What the program was made from.
    public var versions: SoftwareVersions
    /// The kernel that OpenBLAS chose for this CPU (`openblas_get_corename`). Bits are reproducible for one kernel only.
    public var cpuKernelType: String
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

    public init(
        settings: Settings, versions: SoftwareVersions, cpuKernelType: String, ranks: Int, threads: Int,
        memory: String? = nil, badStamps: BadStampCounts, commandLine: [String]? = nil
    ) {
        self.settings = settings
        self.versions = versions
        self.cpuKernelType = cpuKernelType
        self.ranks = ranks
        self.threads = threads
        self.memory = memory
        self.badStamps = badStamps
        self.commandLine = commandLine
    }

    enum CodingKeys: String, CodingKey {
        case settings, versions, ranks, threads, memory
        case cpuKernelType = "cpu_kernel_type"
        case badStamps = "bad_stamps"
        case commandLine = "command_line"
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
