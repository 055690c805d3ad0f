import Files
import Glibc
import StampData
import StampFormats

/// The files of a simulated survey in one folder: the stamps of each class, the sources' signal-to-noise ratios, and a
/// table for each class of what its stamps show; of stamps on real sky also a table of where that comes from. They appear
/// together at ``finish()``; without it none does.
public final class SimulatedFiles {
    /// The files' names: `stamps_sources.npy`, `stamps_noise.npy`, `snr_sources.npy`, `kinds_sources.csv` (columns
    /// `index,kind,fwhm,snr,dx,dy`) and `kinds_noise.csv` (`index,kind,fwhm`).
    public static let names = [
        StampCollection.sourcesFileName, StampCollection.noiseFileName, "snr_sources.npy", "kinds_sources.csv",
        "kinds_noise.csv",
    ]

    /// The file's name of the table with one row for each stamp, noise before sources as training reads them: columns
    /// `class,index,background,image,x,y,snr`. Stamps of one background have one value of `background`, so that
    /// `--group-by` keeps them together; of a simulated sky each is a background of its own, `sky-0` or `sky-1` (the
    /// class) and the index. `image`, `x` and `y` are empty for backgrounds that are no part of an image.
    public static let backgroundsName = "backgrounds.csv"

    private let stamps: [StampSimulator.Population: NpyWriter]
    private let signalToNoise: NpyWriter
    private let kinds: [StampSimulator.Population: AtomicFile]
    private let backgrounds: AtomicFile?
    /// The rows of the sources, which come first but are written last.
    private var sourceRows: [String] = []

    /// - Parameters:
    ///   - stampShape: of one stamp.
    ///   - isOnRealSky: whether to write where backgrounds come from.
    /// - Throws: a `cannotWrite` fault when the folder does not exist or cannot be written.
    public init(folder: String, stampShape: [Int], isOnRealSky: Bool = false) throws {
        try Self.removeRemains(in: folder)
        let paths = Self.names.map { "\(folder)/\($0)" }
        stamps = [
            .sources: try NpyWriter(path: paths[0], rowShape: stampShape),
            .noise: try NpyWriter(path: paths[1], rowShape: stampShape),
        ]
        signalToNoise = try NpyWriter(path: paths[2], rowShape: [])
        kinds = [.sources: try AtomicFile(paths[3]), .noise: try AtomicFile(paths[4])]
        backgrounds = isOnRealSky ? try AtomicFile("\(folder)/\(Self.backgroundsName)") : nil
        try backgrounds?.write("class,index,background,image,x,y,snr\n")
        try kinds[.sources]?.write("index,kind,fwhm,snr,dx,dy\n")
        try kinds[.noise]?.write("index,kind,fwhm\n")
    }

    /// Removes the hidden files of a simulation that was killed.
    private static func removeRemains(in folder: String) throws {
        for name in try FileAccess.names(in: folder) {
            guard let file = (names + [backgroundsName]).first(where: { AtomicFile.isPartial(name, of: $0) }) else {
                continue
            }
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
        guard let backgrounds else { return }
        let rows = zip(block.indices, block.truths).map { Self.backgroundRow(block.population, index: $0, of: $1) }
        switch block.population {
        case .sources: sourceRows.append(rows.joined())
        case .noise: try backgrounds.write(rows.joined())
        }
    }

    private static func backgroundRow(
        _ population: StampSimulator.Population, index: Int, of truth: SimulatedTruth<some SimulatedKind>
    ) -> String {
        let use = truth.realSky
        let background = use.map { "\($0.background)" } ?? "sky-\(population.rawValue)-\(index)"
        let place = use?.position.map { "\(use?.image ?? 0),\($0.x),\($0.y)" } ?? ",,"
        return "\(population),\(index),\(background),\(place),\(truth.signalToNoise)\n"
    }

    /// Gives all files their names.
    public func finish() throws {
        for writer in stamps.values { try writer.finish() }
        try signalToNoise.finish()
        for file in kinds.values { try file.commit() }
        for rows in sourceRows { try backgrounds?.write(rows) }
        try backgrounds?.commit()
    }
}
