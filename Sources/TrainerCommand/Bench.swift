import ArgumentParser
import Benchmarks
import Communication
import Faults
import Files
import Logging
import Models
import Settings
import Preparation
import StampData

/// `swift-run-trainer bench`
struct Bench: GroupCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the speed of this machine and of each network on it.",
        discussion: """
            Trains each network on noise in memory, and compares with the processor's measured peak. No file is written, \
            and none is read but those of --models and --data. Under mpirun it measures the all-reduce too.
            """)

    static let examples = [
        "swift-run-trainer bench --models vgg6,resnet18 --seconds 5",
        "mpirun -n 4 swift-run-trainer bench --scaling",
    ]

    @Option(
        help: ArgumentHelp(
            """
            Networks, separated by commas: standard ones by name, others by a file that `train --model` takes. \
            (default: the notebook's four; none with --shapes)
            """,
            valueName: "names"))
    var models: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Height and width of the stamps of standard networks.", valueName: "pixels"))
    var stampSize = 21

    @Option(parsing: .unconditional, help: ArgumentHelp("Channels of those stamps.", valueName: "n"))
    var channels = 1

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Outputs of standard networks: one for each class, or 1.", valueName: "n"))
    var classes = 2

    @OptionGroup var logits: LogitsOption

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Stamps of one step over all ranks together.", valueName: "n"))
    var batchSize = 256

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Most stamps a thread works on at a time. (default: by network and batch)", valueName: "n"))
    var microbatch: Int?

    @Option(help: "Folder whose stamps are loaded as `train` does, to see how fast that is. (default: none)")
    var data: String?

    @OptionGroup var layout: LayoutOption

    @Option(help: "How those stamps are normalised.")
    var normalize = Normalization.notebook.description

    @Option(parsing: .unconditional, help: ArgumentHelp("About how long each network is trained.", valueName: "s"))
    var seconds = 3.0

    @Flag(help: "Show where the time goes, by layer and by kind of layer.")
    var layers = false

    @Flag(help: "Measure single layers of many shapes first, each pass by itself, on one thread.")
    var shapes = false

    @Flag(help: "Predict the speed with 1 to 4096 ranks from the measurements of this job.")
    var scaling = false

    @Option(
        help: ArgumentHelp(
            "With --scaling: the link between nodes, in Gbit/s and µs a message. (default: as measured)",
            valueName: "rate,latency"))
    var link: String?

    @Flag(help: "Print one JSON object instead of tables.")
    var json = false

    @OptionGroup var threads: ThreadsOption

    @OptionGroup var exchange: ExchangeOptions

    @OptionGroup var bits: BitsOption

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        let configuration = try group.agree { try benchmarkConfiguration(logger) }
        let report = try Benchmark(configuration, group: group, logger: logger).run()
        try group.agree {
            guard let report else { return }
            if json {
                try StandardOutput.print(json: JSONFile.text(of: report))
            } else {
                try StandardOutput.print(result: report.table)
            }
        }
    }

    private func benchmarkConfiguration(_ logger: Logger) throws -> BenchmarkConfiguration {
        for (name, value) in [("--batch-size", batchSize), ("--microbatch", microbatch ?? 1)]
        where value < 1 || value > 1 << 20 {
            throw Fault(
                .usage, "\(name) \(value)", "must be from 1 to \(1 << 20)", remedy: "give a positive whole number")
        }
        guard seconds > 0, seconds <= 3600 else {
            throw Fault(.usage, "--seconds \(seconds)", "must be above 0, up to 3600", remedy: "give, for instance, 3")
        }
        var configuration = BenchmarkConfiguration()
        let names = models ?? (shapes ? nil : StandardNetwork.notebook.map(\.rawValue).joined(separator: ","))
        configuration.models = try (names ?? "").split(separator: ",").map { try network(String($0), logger) }
        guard shapes || !configuration.models.isEmpty else {
            throw Fault(.usage, "--models", "is empty", remedy: "name a network, for instance vgg6")
        }
        configuration.batchSize = batchSize
        configuration.microbatch = microbatch
        configuration.threads = try threads.checked()
        configuration.seconds = seconds
        configuration.layers = layers
        configuration.shapes = shapes
        configuration.scaling = scaling
        guard scaling || link == nil else {
            throw Fault(.usage, "--link", "is for forecasts only", remedy: "add --scaling")
        }
        configuration.link = try link.map { try LinkSpeed(parsing: $0) }
        configuration.gradients = exchange.gradients
        configuration.bits = bits.bits
        if let ranks = exchange.ranksPerNode { try Requirement.ranksPerNode.check(ranks, of: "--ranks-per-node") }
        configuration.ranksPerNode = exchange.ranksPerNode
        if let layout = layout.layout, data == nil {
            throw Fault(
                .usage, "--layout \(layout)", "is that of the stamps of --data",
                remedy: "name their folder with --data, or leave it out")
        }
        if let data {
            var loading = TrainingSettings()
            loading.data = try DataFolder(data).files()
            loading.data.layout = layout.layout
            loading.preparation.normalization = try Normalization(option: normalize)
            loading.execution.threads = configuration.threads
            configuration.loading = loading
        }
        return configuration
    }

    /// A network by its standard name or from its file.
    private func network(_ name: String, _ logger: Logger) throws -> BenchmarkedNetwork {
        for (option, value, most) in [
            ("--stamp-size", stampSize, 1 << 14), ("--channels", channels, 1 << 14),
            ("--classes", classes, StampClasses.most),
        ] where !(1...most).contains(value) {
            throw Fault(
                .usage, "\(option) \(value)", "must be from 1 to \(most)", remedy: "give a positive whole number")
        }
        if let standard = StandardNetwork(rawValue: name) {
            return BenchmarkedNetwork(
                name: name,
                description: standard.description(
                    height: stampSize, width: stampSize, channels: channels, classes: classes))
        }
        return BenchmarkedNetwork(name: name, description: try logits.description(name, of: "--models", logger))
    }
}
