import Files
import Glibc
import StampData
import StampFormats

/// The files of a simulated survey in one folder: the stamps of each class, the sources' signal-to-noise ratios, and a
/// table for each class of what its stamps show. They appear together at ``finish()``; without it none does.
public final class SimulatedFiles {
    /// The files' names: `stamps_sources.npy`, `stamps_noise.npy`, `snr_sources.npy`, `kinds_sources.csv` (columns
    /// `index,kind,fwhm,snr,dx,dy`) and `kinds_noise.csv` (`index,kind,fwhm`).
    public static let names = [
        StampCollection.sourcesFileName, StampCollection.noiseFileName, "snr_sources.npy", "kinds_sources.csv",
        "kinds_noise.csv",
    ]

    private let stamps: [StampSimulator.Population: NpyWriter]
    private let signalToNoise: NpyWriter
    private let kinds: [StampSimulator.Population: AtomicFile]

    /// - Parameter stampShape: of one stamp.
    /// - Throws: a `cannotWrite` fault when the folder does not exist or cannot be written.
    public init(folder: String, stampShape: [Int]) throws {
        try Self.removeRemains(in: folder)
        let paths = Self.names.map { "\(folder)/\($0)" }
        stamps = [
            .sources: try NpyWriter(path: paths[0], rowShape: stampShape),
            .noise: try NpyWriter(path: paths[1], rowShape: stampShape),
        ]
        signalToNoise = try NpyWriter(path: paths[2], rowShape: [])
        kinds = [.sources: try AtomicFile(paths[3]), .noise: try AtomicFile(paths[4])]
        try kinds[.sources]?.write("index,kind,fwhm,snr,dx,dy\n")
        try kinds[.noise]?.write("index,kind,fwhm\n")
    }

    /// Removes the hidden files of a simulation that was killed.
    private static func removeRemains(in folder: String) throws {
        for name in try FileAccess.names(in: folder) {
            guard let file = names.first(where: { AtomicFile.isPartial(name, of: $0) }) else { continue }
            // `.file.process-number.partial`: that process may still be at work.
            let process = name.dropFirst(file.utf8.count + 2).prefix { $0.isNumber }
            guard let number = pid_t(process), kill(number, 0) != 0, errno == ESRCH else { continue }
            try FileAccess.remove("\(folder)/\(name)")
        }
    }

    /// Adds the simulator's next block of stamps.
    public func append(_ block: SimulatedBlock<some SimulatedKind>) throws {
        try stamps[block.population]?.append(block.pixels)
        if block.population == .sources { try signalToNoise.append(block.truths.map(\.signalToNoise)) }
        var lines = ""
        for (index, truth) in zip(block.indices, block.truths) {
            lines += "\(index),\(truth.kind.rawValue),\(truth.fullWidthHalfMaximum)"
            if block.population == .sources {
                lines += ",\(truth.signalToNoise),\(truth.offset.x),\(truth.offset.y)"
            }
            lines += "\n"
        }
        try kinds[block.population]?.write(lines)
    }

    /// Gives all files their names.
    public func finish() throws {
        for writer in stamps.values { try writer.finish() }
        try signalToNoise.finish()
        for file in kinds.values { try file.commit() }
    }
}
