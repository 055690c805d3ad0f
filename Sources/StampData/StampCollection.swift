import Faults
import StampFormats

/// All stamps of a data set by one number each: the noise files (class 0), then the source files (class 1), in order.
public struct StampCollection: Sendable {
    /// The names that a data folder's files have.
    public static let noiseFileName = "stamps_noise.npy"
    public static let sourcesFileName = "stamps_sources.npy"

    public let height: Int
    public let width: Int
    /// Values of each pixel.
    public let channels: Int
    /// What the channels are called: as the files say, or by their numbers from 0.
    public let channelNames: [String]
    /// How many stamps there are of each class.
    public let noiseCount: Int
    public let sourceCount: Int
    let files: [StampArray]
    /// How many of them hold noise.
    let noiseFileCount: Int
    /// The number of each file's first stamp.
    private let starts: [Int]

    /// Opens the files and checks that all hold stamps of one size, with the same channels.
    public init(noise: [String], sources: [String], layout: StampLayout? = nil) throws {
        try self.init(
            noise: StampSource(noise, layout: layout).open(), sources: StampSource(sources, layout: layout).open())
    }

    /// Stamps that are open already, of one size and with the same channels.
    public init(noise noiseFiles: [StampArray], sources sourceFiles: [StampArray]) throws {
        files = noiseFiles + sourceFiles
        noiseFileCount = noiseFiles.count
        guard let first = files.first else { preconditionFailure("a collection needs a file") }
        for file in files where file.height != first.height || file.width != first.width {
            throw Fault(
                .badData, file.path,
                "its stamps are \(file.height)×\(file.width), those of \(first.path) are \(first.height)×\(first.width)",
                remedy: "cut all stamps to one size")
        }
        for file in files where file.channels != first.channels {
            throw Fault(
                .badData, file.path,
                "its stamps have \(Self.text(of: file.channels)), those of \(first.path) \(Self.text(of: first.channels))",
                remedy: "give files with the same channels")
        }
        let named = files.first { $0.channelNames != nil }
        for file in files {
            guard let names = file.channelNames, names != named?.channelNames else { continue }
            throw Fault(
                .badData, file.path,
                """
                its channels are called \(names.joined(separator: ", ")), those of \(named!.path) \
                \(named!.channelNames!.joined(separator: ", "))
                """,
                remedy: "give the channels the same names and the same order in all files")
        }
        height = first.height
        width = first.width
        channels = first.channels
        channelNames = named?.channelNames ?? (0..<first.channels).map(String.init)
        noiseCount = noiseFiles.reduce(0) { $0 + $1.count }
        sourceCount = sourceFiles.reduce(0) { $0 + $1.count }
        var starts: [Int] = []
        var next = 0
        for file in files {
            starts.append(next)
            next += file.count
        }
        self.starts = starts
    }

    /// Opens unlabelled stamps: all count as class 0.
    ///
    /// - Parameter paths: at least one.
    public init(unlabelled paths: [String]) throws { try self.init(unlabelled: StampSource(paths)) }

    /// Opens unlabelled stamps: all count as class 0.
    ///
    /// - Parameter source: with at least one file.
    public init(unlabelled source: StampSource) throws { try self.init(noise: source.open(), sources: []) }

    public var count: Int { noiseCount + sourceCount }
    /// Values of a stamp: (height, width, channels), row by row.
    public var values: Int { height * width * channels }

    /// `12000 stamps of 63×63, 3 channels (science, reference, difference)`.
    public var summary: String {
        let stamps = "\(count) \(count == 1 ? "stamp" : "stamps") of \(height)×\(width)"
        return channels == 1
            ? stamps : "\(stamps), \(Self.text(of: channels)) (\(channelNames.joined(separator: ", ")))"
    }

    private static func text(of channels: Int) -> String { channels == 1 ? "1 channel" : "\(channels) channels" }

    /// The true class of a stamp: 0 noise, 1 source.
    public func label(_ stamp: Int) -> Int { stamp < noiseCount ? 0 : 1 }

    /// Where a stamp is found: its file and its index there.
    public func location(_ stamp: Int) -> (path: String, index: Int) {
        let file = file(of: stamp)
        return (files[file].path, stamp - starts[file])
    }

    /// Copies a stamp's values as they are in the file: row by row, pixel by pixel, and there channel by channel. Any
    /// thread.
    ///
    /// - Throws: a `missingInput` fault when the file cannot be opened or read any more, `badData` when it has changed.
    public func copyStamp(_ stamp: Int, into values: UnsafeMutablePointer<Double>) throws {
        let file = file(of: stamp)
        try files[file].copyStamp(stamp - starts[file], into: values)
    }

    /// Copies the values of a range of stamps, one behind the other. Any thread.
    ///
    /// - Throws: as `copyStamp` does.
    public func copyStamps(_ stamps: Range<Int>, into values: UnsafeMutablePointer<Double>) throws {
        var next = stamps.lowerBound
        while next < stamps.upperBound {
            let file = file(of: next)
            let end = min(stamps.upperBound, starts[file] + files[file].count)
            try files[file].copyStamps(
                next - starts[file]..<end - starts[file], into: values + (next - stamps.lowerBound) * self.values)
            next = end
        }
    }

    /// Tells the system that a stamp will be read soon, so that it fetches it meanwhile. Any thread.
    ///
    /// - Throws: as `copyStamp` does.
    public func willRead(_ stamp: Int) throws {
        let file = file(of: stamp)
        try files[file].willReadStamp(stamp - starts[file])
    }

    /// The number behind the last stamp of the file that holds a stamp.
    public func endOfFile(holding stamp: Int) -> Int {
        let file = file(of: stamp)
        return starts[file] + files[file].count
    }

    /// The last file that starts at or before a stamp (none is empty).
    private func file(of stamp: Int) -> Int {
        precondition(stamp >= 0 && stamp < count, "stamp \(stamp) of \(count)")
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= stamp { low = middle } else { high = middle }
        }
        return low
    }
}
