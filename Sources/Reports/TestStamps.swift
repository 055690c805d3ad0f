import Figures
import Metrics
import StampData

/// The stamps of a test set: as figures show them, and with the matched filter's scores.
struct TestStamps {
    /// The most stamps that the matched filter is applied to: it takes some microseconds for each.
    static let mostFiltered = 20_000

    let stamps: StampCollection
    let normalization: Normalization

    /// The stamps as the network sees them; pixels that cannot be normalised are 0.
    func classified(_ samples: [ScoredSample]) throws -> [ClassifiedStamp] {
        try samples.map { ClassifiedStamp(sample: $0, pixels: try normalized($0.index)) }
    }

    private func normalized(_ stamp: Int) throws -> [Float] {
        let reader = StampReader(stamps, normalization)
        return try [Float](unsafeUninitializedCapacity: reader.valueCount) { output, initialized in
            if try !reader.read(stamp, into: output.baseAddress!) { output.initialize(repeating: 0) }
            initialized = reader.valueCount
        }
    }

    /// The samples with the matched filter's scores: all of them, or evenly spaced ones of a large set.
    func filtered(_ samples: [ScoredSample], most: Int = mostFiltered) throws -> [ScoredSample] {
        let filter = MatchedFilter(height: stamps.height, width: stamps.width)
        let ordered = samples.sorted { $0.index < $1.index }
        let count = min(ordered.count, most)
        return try withUnsafeTemporaryAllocation(of: Double.self, capacity: stamps.pixels) { pixels in
            try (0..<count).map { number in
                var sample = ordered[number * ordered.count / count]
                try stamps.copyStamp(sample.index, into: pixels.baseAddress!)
                sample.score = Float(filter.score(pixels.baseAddress!))
                return sample
            }
        }
    }
}
