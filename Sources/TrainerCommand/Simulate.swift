import ArgumentParser
import CKernels
import Communication
import Faults
import Files
import FoundationEssentials
import Logging
import StampSimulation

/// `swift-run-trainer simulate`
struct Simulate: GroupCommand {
    static let configuration = CommandConfiguration(
        abstract: "Simulate stamps like those of a survey.",
        discussion: """
            Writes stamps_sources.npy, stamps_noise.npy, snr_sources.npy (the sources' signal-to-noise), \
            kinds_sources.csv and kinds_noise.csv (what each stamp shows); with --background or --image also \
            backgrounds.csv (where its sky comes from, and where it lies).

            \(SimulationOptions.listOfKinds)
            """)

    static let examples = [
        "swift-run-trainer simulate --output stamps --sources 10000 --noise 10000 --seed 1",
        "swift-run-trainer simulate --output triplets --channels triplet --size 63 --snr 5,50",
    ]

    @Option(help: ArgumentHelp("Folder to write into.", valueName: "dir"))
    var output = "data"

    @Option(parsing: .unconditional, help: ArgumentHelp("Number of stamps with a source.", valueName: "n"))
    var sources = 10_000

    @Option(parsing: .unconditional, help: ArgumentHelp("Number of stamps without a source.", valueName: "n"))
    var noise = 10_000

    @Option(parsing: .unconditional, help: ArgumentHelp("Seed of everything random.", valueName: "n"))
    var seed: UInt64 = 0

    @Option(parsing: .unconditional, help: ArgumentHelp("Height and width of the stamps.", valueName: "pixels"))
    var size = 21

    @OptionGroup var simulation: SimulationOptions

    @OptionGroup var realSky: RealSkyOptions

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        try group.agree {
            guard group.rank == 0 else { return }
            try simulate()
            guard !verbosity.quiet else { return }
            try StandardOutput.print(
                note: "wrote \(sources) stamps with a source and \(noise) without into \(output)\n")
        }
    }

    private func simulate() throws {
        for (name, count) in [("--sources", sources), ("--noise", noise)] where count < 1 || count > 1 << 31 {
            throw Fault(.usage, "\(name) \(count)", "must be from 1 to 2³¹", remedy: "give a positive whole number")
        }
        guard size >= StampSimulator.smallestSize, size <= 1024 else {
            throw Fault(
                .usage, "--size \(size)", "must be from \(StampSimulator.smallestSize) to 1024",
                remedy: "use, for instance, 21")
        }
        let simulator = try simulation.simulator(seed: seed, size: size, realSky: realSky)
        let paths = (SimulatedFiles.names + [SimulatedFiles.backgroundsName]).map { "\(output)/\($0)" }
        if let present = paths.first(where: { FileManager.default.fileExists(atPath: $0) }) {
            throw Fault(
                .cannotWrite, present, "already exists", remedy: "choose another --output or remove it first")
        }
        try FileAccess.makeFolders(output)
        try write(simulator)
    }

    private func write(_ simulator: some Simulator) throws {
        let files = try SimulatedFiles(
            folder: output, stampShape: simulator.stampShape, isOnRealSky: simulator.realSky != nil)
        try simulator.generate(
            sources: sources, noise: noise, threads: Int(available_processors()), write: files.append)
        try files.finish()
    }
}
