import Faults

extension StampArray {
    /// Stamps whose channels come from files of their own.
    ///
    /// - Parameters:
    ///   - runs: at least `count` stamps of one size each.
    ///   - path: what the stamps are called: a file of the first channel.
    init(_ runs: [StampRun], names: [String], count: Int, path: String) throws {
        self.path = path
        self.count = count
        (height, width) = (runs[0].files[0].height, runs[0].files[0].width)
        channels = runs.reduce(0) { $0 + $1.channels }
        channelNames = names
        pixels = .channels(runs)
    }

    /// Stamps each of whose channels is a list of files, read as one long array: an array for each file of the first
    /// channel.
    ///
    /// - Throws: a `badData` fault when channels differ in the number or size of their stamps.
    static func joining(_ channels: [(name: String, files: [StampArray])]) throws -> [StampArray] {
        let (first, firstName) = (channels[0].files[0], channels[0].name)
        for (name, files) in channels {
            for file in files {
                guard (file.height, file.width) == (first.height, first.width) else {
                    throw Fault(
                        .badData, file.path,
                        """
                        its stamps are \(file.height)×\(file.width), those of \(first.path) are \
                        \(first.height)×\(first.width)
                        """,
                        remedy: "cut all channels to one size")
                }
                guard file.channels == 1 else {
                    throw Fault(
                        .badData, file.path, "has \(file.channels) channels, and is to be the channel \(name)",
                        remedy: "give one image of each stamp for --channel, or name the file without it")
                }
            }
            let (count, expected) = (Self.count(files), Self.count(channels[0].files))
            guard count == expected else {
                throw Fault(
                    .badData, "--channel \(name)",
                    "has \(count) stamps, and the channel \(firstName) has \(expected)",
                    remedy: "give the same stamps in the same order for every channel")
            }
        }
        var start = 0
        return try channels[0].files.map { file in
            defer { start += file.count }
            let runs = channels.map { StampRun($0.files, start..<start + file.count) }
            return try StampArray(runs, names: channels.map(\.name), count: file.count, path: file.path)
        }
    }

    private static func count(_ files: [StampArray]) -> Int { files.reduce(0) { $0 + $1.count } }
}

extension StampRun {
    /// Some of all stamps of some files.
    fileprivate init(_ all: [StampArray], _ stamps: Range<Int>) {
        var (files, first, start): ([StampArray], Int, Int) = ([], 0, 0)
        for file in all {
            if stamps.overlaps(start..<start + file.count) {
                if files.isEmpty { first = stamps.lowerBound - start }
                files.append(file)
            }
            start += file.count
        }
        self.init(files: files, first: first)
    }
}
