import Faults
import StampFormats

/// All stamps of a data set by one number each, in the order of the files: class after class where each has files of its
/// own (the noise files, class 0, then the source files, class 1), else with a label for each stamp.
public struct StampCollection: Sendable {
    /// The names that a data folder's files have.
    public static let noiseFileName = "stamps_noise.npy"
    public static let sourcesFileName = "stamps_sources.npy"

    public let height: Int
    public let width: Int
    public let classes: StampClasses
    /// How many stamps there are of each class.
    public let classCounts: [Int]
    public let count: Int
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

    /// Opens the files and checks that all hold stamps of one size.
    public init(noise: [String], sources: [String]) throws {
        try self.init(LabelledFiles(noise: noise, sources: sources))
    }

    /// Stamps of noise and of sources that are open already, of one size.
    public init(noise: [StampArray], sources: [StampArray]) throws {
        try self.init(noise + sources, .noiseAndSource, .files([noise.count, sources.count]))
    }

    /// Opens unlabelled stamps: all count as class 0.
    ///
    /// - Parameter paths: at least one.
    public init(unlabelled paths: [String]) throws { try self.init(noise: paths, sources: []) }

    /// - Throws: a `badData` fault when stamps differ in size.
    init(_ files: [StampArray], _ classes: StampClasses, _ labels: Labels) throws {
        guard let first = files.first else { preconditionFailure("a collection needs a file") }
        for file in files where file.height != first.height || file.width != first.width {
            throw Fault(
                .badData, file.path,
                "its stamps are \(file.height)×\(file.width), those of \(first.path) are \(first.height)×\(first.width)",
                remedy: "cut all stamps to one size")
        }
        (height, width) = (first.height, first.width)
        (self.files, self.classes, self.labels) = (files, classes, labels)
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

    public var pixels: Int { height * width }

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

    /// Where a stamp is found: its file and its index there.
    public func location(_ stamp: Int) -> (path: String, index: Int) {
        let file = file(of: stamp)
        return (files[file].path, stamp - starts[file])
    }

    /// Copies a stamp's pixels as they are in the file. Any thread.
    ///
    /// - Throws: a `missingInput` fault when the file cannot be opened or read any more, `badData` when it has changed.
    public func copyStamp(_ stamp: Int, into pixels: UnsafeMutablePointer<Double>) throws {
        let file = file(of: stamp)
        try files[file].copyStamp(stamp - starts[file], into: pixels)
    }

    /// Copies the pixels of a range of stamps, one behind the other. Any thread.
    ///
    /// - Throws: as `copyStamp` does.
    public func copyStamps(_ stamps: Range<Int>, into pixels: UnsafeMutablePointer<Double>) throws {
        var next = stamps.lowerBound
        while next < stamps.upperBound {
            let file = file(of: next)
            let end = min(stamps.upperBound, starts[file] + files[file].count)
            try files[file].copyStamps(
                next - starts[file]..<end - starts[file], into: pixels + (next - stamps.lowerBound) * self.pixels)
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
