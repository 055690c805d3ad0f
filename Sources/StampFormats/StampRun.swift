/// Stamps of several files in a row, from one within the first file on: a channel that has files of its own.
struct StampRun: Sendable {
    /// Of one size and number of channels.
    let files: [StampArray]
    /// The stamp of the first file with which the run begins.
    let first: Int

    /// Of each stamp.
    var channels: Int { files[0].channels }

    /// Copies the values of a range of the run's stamps, as ``StampArray/copyStamps(_:into:)`` does.
    func copyStamps(_ stamps: Range<Int>, into destination: UnsafeMutablePointer<Double>) throws {
        let values = files[0].valuesPerStamp
        try forEachFile(of: stamps) { file, own, place in
            try file.copyStamps(own, into: destination + place * values)
        }
    }

    /// Tells the system that a stamp will be read soon.
    func willReadStamp(_ index: Int) throws {
        try forEachFile(of: index..<index + 1) { file, own, _ in try file.willReadStamp(own.lowerBound) }
    }

    /// Calls `body` with each file that holds some of the stamps, which of its own these are, and how many come before
    /// them.
    private func forEachFile(of stamps: Range<Int>, _ body: (StampArray, Range<Int>, Int) throws -> Void) rethrows {
        var start = -first
        for file in files {
            let own = stamps.clamped(to: start..<start + file.count)
            if !own.isEmpty {
                try body(file, own.lowerBound - start..<own.upperBound - start, own.lowerBound - stamps.lowerBound)
            }
            start += file.count
        }
    }
}
