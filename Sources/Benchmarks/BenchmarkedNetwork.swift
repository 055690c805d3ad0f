import Models

/// A network to measure.
public struct BenchmarkedNetwork: Sendable {
    /// As `--models` names it.
    public let name: String
    public let description: NetworkDescription

    public init(name: String, description: NetworkDescription) {
        self.name = name
        self.description = description
    }
}
