import ArgumentParser
import CKernels
import Communication
import Faults
import FoundationEssentials
import Logging
import StampData
import StampFormats

/// `swift-run-trainer simulate`
struct Simulate: GroupCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make stamps like a survey's.",
        discussion: "Writes stamps_sources.npy, stamps_noise.npy and snr_sources.npy (the sources' signal-to-noise).")

    @Option(help: ArgumentHelp("Folder to write into.", valueName: "dir"))
    var output = "data"

    @Option(parsing: .unconditional, help: ArgumentHelp("How many stamps with a source.", valueName: "n"))
    var sources = 10_000

    @Option(parsing: .unconditional, help: ArgumentHelp("How many stamps without.", valueName: "n"))
    var noise = 10_000

    @Option(parsing: .unconditional, help: ArgumentHelp("Seed of everything random.", valueName: "n"))
    var seed: UInt64 = 0

    @Option(parsing: .unconditional, help: ArgumentHelp("Height and width of the stamps.", valueName: "pixels"))
    var size = 21

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        try group.agree {
            guard group.rank == 0 else { return }
            try simulate()
            if !verbosity.quiet { print("wrote \(sources) stamps with a source and \(noise) without into \(output)") }
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
        let paths = ["stamps_sources", "stamps_noise", "snr_sources"].map { "\(output)/\($0).npy" }
        if let present = paths.first(where: { FileManager.default.fileExists(atPath: $0) }) {
            throw Fault(
                .cannotWrite, present, "already exists", remedy: "choose another --output or remove it first")
        }
        do {
            try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        } catch {
            throw Fault(.cannotWrite, output, "cannot be made", remedy: "choose another --output")
        }
        let sourceStamps = try NpyWriter(path: paths[0], rowShape: [size, size])
        let noiseStamps = try NpyWriter(path: paths[1], rowShape: [size, size])
        let signalToNoise = try NpyWriter(path: paths[2], rowShape: [])
        try StampSimulator(seed: seed, height: size, width: size).generate(
            sources: sources, noise: noise, threads: Int(available_processors())
        ) { block in
            switch block.population {
            case .sources:
                try sourceStamps.append(block.pixels)
                try signalToNoise.append(block.signalToNoise)
            case .noise: try noiseStamps.append(block.pixels)
            }
        }
        for writer in [sourceStamps, noiseStamps, signalToNoise] { try writer.finish() }
    }
}
