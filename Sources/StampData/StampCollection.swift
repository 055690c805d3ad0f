import Faults
import StampFormats

/// All stamps of a data set by one number each: the noise files (class 0), then the source files (class 1), in order.
public struct StampCollection: Sendable {
    /// The names that a data folder's files have.
    public static let noiseFileName = "stamps_noise.npy"
    public static let sourcesFileName = "stamps_sources.npy"

    public let height: Int
    public let width: Int
    /// How many stamps there are of each class.
    public let noiseCount: Int
    public let sourceCount: Int
    private let files: [StampArray]
    /// The number of each file's first stamp.
    private let starts: [Int]

    /// Opens the files and checks that all hold stamps of one size.
    public init(noise: [String], sources: [String]) throws {
        try self.init(
            noise: try noise.map { try StampArray(contentsOf: $0) },
            sources: try sources.map { try StampArray(contentsOf: $0) })
    }

    /// Stamps that are open already, of one size.
    public init(noise noiseFiles: [StampArray], sources sourceFiles: [StampArray]) throws {
        files = noiseFiles + sourceFiles
        guard let first = files.first else { preconditionFailure("a collection needs a file") }
        for file in files where file.height != first.height || file.width != first.width {
            throw Fault(
                .badData, file.path,
                "its stamps are \(file.height)×\(file.width), those of \(first.path) are \(first.height)×\(first.width)",
                remedy: "cut all stamps to one size")
        }
        height = first.height
        width = first.width
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
    public init(unlabelled paths: [String]) throws { try self.init(noise: paths, sources: []) }

    public var count: Int { noiseCount + sourceCount }
    public var pixels: Int { height * width }

    /// The true class of a stamp: 0 noise, 1 source.
    public func label(_ stamp: Int) -> Int { stamp < noiseCount ? 0 : 1 }

    /// Where a stamp is found: its file and its index there.
    public func location(_ stamp: Int) -> (path: String, index: Int) {
        let file = starts.lastIndex { $0 <= stamp }!
        return (files[file].path, stamp - starts[file])
    }

    /// Copies a stamp's pixels as they are in the file. Any thread.
    public func copyStamp(_ stamp: Int, into pixels: UnsafeMutablePointer<Double>) {
        var file = starts.count - 1
        while starts[file] > stamp { file -= 1 }
        files[file].copyStamp(stamp - starts[file], into: pixels)
    }
    /// Copies the pixels of a range of stamps, one behind the other. Any thread.
    public func copyStamps(_ stamps: Range<Int>, into pixels: UnsafeMutablePointer<Double>) {
        for (file, start) in zip(files, starts) {
            let part = stamps.clamped(to: start..<start + file.count)
            guard !part.isEmpty else { continue }
            file.copyStamps(
                part.lowerBound - start..<part.upperBound - start,
                into: pixels + (part.lowerBound - stamps.lowerBound) * self.pixels)
        }
    }
}
