import Figures
import Metrics
import StampData

/// The stamps of a test set: as figures show them, and with the matched filter's scores.
struct TestStamps {
    /// The most stamps that the matched filter is applied to: it takes some microseconds for each.
    static let mostFiltered = 20_000

    let reader: StampReader

    /// The stamps as the network sees them; pixels that cannot be normalised are 0.
    func classified(_ samples: [ClassifiedSample]) throws -> [ClassifiedStamp] {
        try samples.map {
            ClassifiedStamp(
                sample: $0,
                picture: StampPicture(
                    height: reader.collection.height, width: reader.collection.width,
                    values: try reader.values(of: $0.index) ?? Array(repeating: 0, count: reader.valueCount)))
        }
    }

    /// The samples with the matched filter's scores: all of them, or evenly spaced ones of a large set.
    func filtered(_ samples: [ScoredSample], most: Int = mostFiltered) throws -> [ScoredSample] {
        let filter = MatchedFilter(height: reader.collection.height, width: reader.collection.width)
        let ordered = samples.sorted { $0.index < $1.index }
        let count = min(ordered.count, most)
        return try (0..<count).map { number in
            var sample = ordered[number * ordered.count / count]
            sample.score = try reader.read(sample.index) { Float(filter.score($0.pixels.pointer($0.pixels.count))) }
            return sample
        }
    }
}
