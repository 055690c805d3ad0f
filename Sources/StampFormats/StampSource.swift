import Faults

/// Where stamps come from: files that are read as one long array, or such files for each channel.
public struct StampSource: Hashable, Codable, Sendable {
    /// The files of one channel.
    public struct Channel: Hashable, Codable, Sendable {
        public var name: String
        public var files: [String]

        public init(name: String, files: [String]) { (self.name, self.files) = (name, files) }
    }

    /// The files of stamps; with channels of their own, those of the first, by which stamps are called.
    public var files: [String] { channels.first?.files ?? plainFiles }
    /// Channels that have files of their own; none where the files hold all channels.
    public let channels: [Channel]
    /// What the axes of arrays mean where their shapes leave that open; nil to refuse them then.
    public var layout: StampLayout?
    private let plainFiles: [String]

    /// Files that hold whole stamps.
    public init(_ files: [String], layout: StampLayout? = nil) {
        (plainFiles, channels, self.layout) = (files, [], layout)
    }

    /// Files for each channel, in its order.
    public init(channels: [Channel], layout: StampLayout? = nil) {
        (plainFiles, self.channels, self.layout) = ([], channels, layout)
    }

    /// Every file that is read.
    public var allFiles: [String] { channels.isEmpty ? plainFiles : channels.flatMap(\.files) }

    /// The same with its patterns replaced by the files that match them, as ``StampFiles/expand(_:)`` does.
    public func expanded() throws(Fault) -> StampSource {
        guard !channels.isEmpty else { return StampSource(try StampFiles.expand(plainFiles), layout: layout) }
        var expanded: [Channel] = []
        for channel in channels {
            expanded.append(Channel(name: channel.name, files: try StampFiles.expand(channel.files)))
        }
        return StampSource(channels: expanded, layout: layout)
    }

    /// Opens the files.
    ///
    /// - Throws: as opening a ``StampArray`` does; a `badData` fault when channels do not go together.
    public func open() throws -> [StampArray] {
        guard !channels.isEmpty else { return try StampArray.open(plainFiles, layout: layout) }
        return try StampArray.joining(
            channels.map { (name: $0.name, files: try StampArray.open($0.files, layout: layout)) })
    }
}
