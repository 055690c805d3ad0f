/// Stamps left out by `--skip-bad`: constant ones, and those with NaN or infinite pixels.
public struct BadStampCounts: Codable, Hashable, Sendable {
    /// In the noise files.
    public var noise: Int
    /// In the source files.
    public var sources: Int

    public init(noise: Int, sources: Int) {
        self.noise = noise
        self.sources = sources
    }
}
