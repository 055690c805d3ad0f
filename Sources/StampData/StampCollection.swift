import Faults
import StampFormats

/// All stamps of a data set by one number each, in the order of the files: class after class where each has files of its
/// own (the noise files, class 0, then the source files, class 1), else with a label for each stamp. Behind them are the
/// stamps that belong to validation alone, and then those that belong to the test alone.
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
    public let classes: StampClasses
    /// How many stamps there are of each class.
    public let classCounts: [Int]
    public let count: Int
    /// The stamps that belong to one part of a split alone: at the end, if there are such.
    public let parts: [DataPart: Range<Int>]
    let files: [StampArray]
    let labels: Labels
    /// The number of each file's first stamp.
    private let starts: [Int]

    /// Where stamps have their classes from.
    enum Labels {
        /// Of each class, how many files hold its stamps.
        case files([Int])
        /// The class of each stamp.
        case table([UInt16])
    }

    /// Opens the files and checks that all hold stamps of one size, with the same channels.
    public init(noise: [String], sources: [String], layout: StampLayout? = nil) throws {
        var files = LabelledFiles(noise: noise, sources: sources)
        files.layout = layout
        try self.init(files)
    }

    /// Stamps of noise and of sources that are open already, of one size and with the same channels.
    public init(noise: [StampArray], sources: [StampArray]) throws {
        try self.init(noise + sources, .noiseAndSource, .files([noise.count, sources.count]))
    }

    /// Opens unlabelled stamps: all count as class 0.
    ///
    /// - Parameter paths: at least one.
    public init(unlabelled paths: [String]) throws { try self.init(unlabelled: StampSource(paths)) }

    /// Opens unlabelled stamps: all count as class 0.
    ///
    /// - Parameter source: with at least one file.
    public init(unlabelled source: StampSource) throws { try self.init(noise: source.open(), sources: []) }

    /// Stamps that are open already.
    ///
    /// - Parameter labels: the number of each one's class.
    package init(_ stamps: StampArray, labels: [Int], of classes: StampClasses) throws {
        precondition(labels.count == stamps.count, "\(labels.count) labels for \(stamps.count) stamps")
        try self.init([stamps], classes, .table(labels.map { UInt16($0) }))
    }

    /// - Throws: a `badData` fault when stamps differ in size or channels.
    init(
        _ files: [StampArray], _ classes: StampClasses, _ labels: Labels, parts: [DataPart: Range<Int>] = [:]
    ) throws {
        let names = try Self.channelNames(files)
        (height, width, channels) = (files[0].height, files[0].width, files[0].channels)
        channelNames = names ?? (0..<files[0].channels).map(String.init)
        (self.files, self.classes, self.labels, self.parts) = (files, classes, labels, parts)
        var starts: [Int] = []
        var next = 0
        for file in files {
            starts.append(next)
            next += file.count
        }
        self.starts = starts
        count = next
        classCounts = Self.counts(files, classes, labels)
    }

    /// What all files call their channels; nil where none says.
    ///
    /// - Throws: a `badData` fault when stamps differ in size or channels.
    private static func channelNames(_ files: [StampArray]) throws -> [String]? {
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
                "its stamps have \(text(of: file.channels)), those of \(first.path) \(text(of: first.channels))",
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
        return named?.channelNames
    }

    private static func counts(_ files: [StampArray], _ classes: StampClasses, _ labels: Labels) -> [Int] {
        var counts = [Int](repeating: 0, count: classes.count)
        switch labels {
        case .files(let fileCounts):
            var rest = files[...]
            for (label, count) in fileCounts.enumerated() {
                counts[label] = rest.prefix(count).reduce(0) { $0 + $1.count }
                rest = rest.dropFirst(count)
            }
        case .table(let labels):
            for label in labels { counts[Int(label)] += 1 }
        }
        return counts
    }

    /// Values of a stamp: (height, width, channels), row by row.
    public var values: Int { height * width * channels }

    /// `12000 stamps of 63×63, 3 channels (science, reference, difference)`.
    public var summary: String {
        let stamps = "\(count) \(count == 1 ? "stamp" : "stamps") of \(height)×\(width)"
        return channels == 1
            ? stamps : "\(stamps), \(Self.text(of: channels)) (\(channelNames.joined(separator: ", ")))"
    }

    private static func text(of channels: Int) -> String { channels == 1 ? "1 channel" : "\(channels) channels" }

    /// The true class of a stamp.
    public func label(_ stamp: Int) -> Int {
        switch labels {
        case .table(let labels): return Int(labels[stamp])
        case .files:
            var (label, end) = (0, classCounts[0])
            while stamp >= end {
                label += 1
                end += classCounts[label]
            }
            return label
        }
    }

    /// The part of the split that a stamp belongs to in any case; nil for one that is divided.
    public func part(of stamp: Int) -> DataPart? {
        parts.isEmpty ? nil : DataPart.separate.first { parts[$0]?.contains(stamp) ?? false }
    }

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
