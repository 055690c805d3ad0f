import Faults
import Files
import Metrics
import Settings
import StampData
import StampFormats

/// The stamps that a run was made with, found again by the names in its `config.json`.
public enum RunStamps {
    /// Opens the files, and makes sure that they hold what they held when the run was made.
    ///
    /// - Throws: `Fault` when they are gone or have changed.
    static func open(_ configuration: ConfigurationRecord, testSet: TestSet?) throws -> StampCollection {
        let (settings, findings) = (configuration.settings, configuration.findings)
        // A pipe that the stamps came through is empty by now.
        for file in settings.data.stamps.map(StampFiles.file(of:))
        where FileAccess.exists(file) { try FileAccess.requireFile(file) }
        let stamps = try StampCollection(settings.data)
        let isSame =
            try stamps.classes == findings.classes && stamps.classCounts == findings.classStamps
            && stamps.height == findings.stampHeight && stamps.width == findings.stampWidth
            && zip(testSet?.indices ?? [], testSet?.trueClasses ?? []).allSatisfy {
                $0 < stamps.count && stamps.label($0) == $1
            }
            && DataFingerprint(stamps).hexadecimal == findings.dataFingerprint
        guard isSame else {
            throw Fault(
                .badData, settings.data.sources.first ?? "stamps",
                "the stamps are not those that the run was made with",
                remedy: "put the run's own stamps there to have the figures that show them")
        }
        return stamps
    }

    /// The signal-to-noise ratios of the stamps, if they are known. Where a file of them does not fit it is left out, as
    /// nobody has asked for it by name.
    ///
    /// - Returns: what to say of such a file besides.
    public static func signalToNoiseThatFits(
        of stamps: StampCollection, in files: LabelledFiles
    ) -> (ratios: [Double]?, warning: String?) {
        do {
            return (try signalToNoise(of: stamps, in: files), nil)
        } catch {
            return (nil, "\(error)")
        }
    }

    /// The signal-to-noise ratio of every stamp, NaN of noise: from `snr_sources.npy` beside each source file, as
    /// `simulate` writes it.
    ///
    /// - Parameter files: of noise and sources; of other classes there is nothing.
    /// - Returns: nil when there is no such file beside one of them.
    /// - Throws: `Fault` when one is there and does not fit.
    private static func signalToNoise(of stamps: StampCollection, in files: LabelledFiles) throws -> [Double]? {
        guard stamps.classes == .noiseAndSource, let sources = files.allSources else { return nil }
        var all: [Double] = []
        for source in sources {
            // The stamps of one file are counted already.
            let isOneFile = sources.count == 1 && source.files.count == 1
            guard let ratios = try signalToNoise(of: source, count: isOneFile ? stamps.classCounts[1] : nil) else {
                return nil
            }
            all += ratios
        }
        var next = all.makeIterator()
        return (0..<stamps.count).map { stamps.label($0) == 1 ? next.next()! : .nan }
    }

    /// What the simulator drew in every stamp: from `kinds_noise.csv` and `kinds_sources.csv` beside each file, as
    /// `simulate` writes them.
    ///
    /// - Returns: nil when there is no such file beside one of them, and for other classes than noise and sources.
    /// - Throws: `Fault` when one is there and does not fit.
    static func kinds(of stamps: StampCollection, in files: LabelledFiles) throws -> [String]? {
        guard stamps.classes == .noiseAndSource, let noise = files.allNoise, let sources = files.allSources,
            let ofNoise = try texts("kinds_noise.csv", beside: noise),
            let ofSources = try texts("kinds_sources.csv", beside: sources)
        else { return nil }
        var next = [ofNoise.makeIterator(), ofSources.makeIterator()]
        return (0..<stamps.count).map { next[stamps.label($0)].next() ?? "" }
    }

    /// The kinds of the stamps in some files, in their order.
    private static func texts(_ name: String, beside sources: [StampSource]) throws -> [String]? {
        var all: [String] = []
        for source in sources {
            let paths = source.files.map { "\(FileAccess.split(StampFiles.file(of: $0)).folder)/\(name)" }
            guard !paths.isEmpty, paths.allSatisfy(FileAccess.exists) else { return nil }
            for (stamps, path) in zip(try source.open(), paths) {
                try FileAccess.requireFile(path)
                let kinds = try CSVColumn.texts("kind", in: path)
                guard kinds.count == stamps.count else {
                    throw Fault(
                        .badData, path, "has \(kinds.count) rows for the \(stamps.count) stamps of \(stamps.path)",
                        remedy: "give one row for each stamp to have results by kind, or remove the file")
                }
                all += kinds
            }
        }
        return all
    }

    /// Those of the sources in some files, in their order.
    ///
    /// - Parameter count: how many stamps are in the only file; nil to count those of each.
    private static func signalToNoise(of sources: StampSource, count: Int?) throws -> [Double]? {
        guard !sources.files.isEmpty else { return nil }
        var all: [Double] = []
        let paths = sources.files.map { "\(FileAccess.split(StampFiles.file(of: $0)).folder)/snr_sources.npy" }
        for path in paths {
            try FileAccess.requireReachable(path)
            guard FileAccess.exists(path) else { return nil }
        }
        // A pipe was read before.
        if count == nil {
            for file in sources.files where (try? FileAccess.requireFile(StampFiles.file(of: file))) == nil {
                return nil
            }
        }
        let counts = try count.map { [$0] } ?? sources.open().map(\.count)
        for ((file, count), path) in zip(zip(sources.files, counts), paths) {
            try FileAccess.requireFile(path)
            let values = try NumericArray(contentsOf: path)
            guard values.count == count else {
                throw Fault(
                    .badData, path, "holds \(values.count) values for the \(count) stamps of \(file)",
                    remedy:
                        "give one signal-to-noise ratio for each stamp to have completeness by it, which is left out")
            }
            all += try values.values
        }
        return all
    }
}
