import Faults
import Files
import Metrics
import Settings
import StampData
import StampFormats

/// The stamps that a run was made with, found again by the names in its `config.json`.
enum RunStamps {
    /// Opens the files, and makes sure that they hold what they held when the run was made.
    ///
    /// - Throws: `Fault` when they are gone or have changed.
    static func open(_ configuration: ConfigurationRecord, predictions: [ScoredSample]) throws -> StampCollection {
        let (settings, findings) = (configuration.settings, configuration.findings)
        // A pipe that the stamps came through is empty by now.
        for file in (settings.noise + settings.sources).map(StampFiles.file(of:))
        where FileAccess.exists(file) { try FileAccess.requireFile(file) }
        let stamps = try StampCollection(
            noise: settings.noise, sources: settings.sources, layout: settings.layout)
        let isSame =
            try stamps.noiseCount == findings.noiseStamps && stamps.sourceCount == findings.sourceStamps
            && stamps.height == findings.stampHeight && stamps.width == findings.stampWidth
            && predictions.allSatisfy { $0.index < stamps.count && stamps.label($0.index) == $0.trueClass }
            && DataFingerprint(stamps).hexadecimal == findings.dataFingerprint
        guard isSame else {
            throw Fault(
                .badData, settings.sources.first ?? "stamps", "the stamps are not those that the run was made with",
                remedy: "put the run's own stamps there to have the figures that show them")
        }
        return stamps
    }

    /// The signal-to-noise ratio of every source stamp: `snr_sources.npy` beside each source file, as `simulate` writes
    /// it.
    ///
    /// - Returns: nil when there is no such file beside one of them.
    /// - Throws: `Fault` when one is there and does not fit.
    static func signalToNoise(of sources: StampSource) throws -> [Double]? {
        var all: [Double] = []
        let paths = sources.files.map { "\(FileAccess.split(StampFiles.file(of: $0)).folder)/snr_sources.npy" }
        for path in paths where !FileAccess.exists(path) { return nil }
        for (stamps, path) in zip(try sources.open(), paths) {
            try FileAccess.requireFile(path)
            let values = try NumericArray(contentsOf: path)
            guard values.count == stamps.count else {
                throw Fault(
                    .badData, path, "holds \(values.count) values for the \(stamps.count) stamps of \(stamps.path)",
                    remedy: "give one signal-to-noise ratio for each stamp to have completeness drawn against it")
            }
            all += try values.values
        }
        return all
    }
}
