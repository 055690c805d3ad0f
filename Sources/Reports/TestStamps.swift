import Figures
import Metrics
import StampData

/// The stamps of a test set: as figures show them, and with the matched filter's scores.
struct TestStamps {
    /// The most stamps that the matched filter is applied to: it takes some microseconds for each.
    static let mostFiltered = 20_000

    let reader: StampReader
    /// What the stamps are called; nil if nobody says.
    var identifiers: SampleIdentifiers?
    /// Of each stamp; nil if nobody knows.
    var signalToNoise: [Double]?
    var kinds: [String]?

    /// The stamps as the network sees them; those that cannot be normalised are 0.
    func classified(_ samples: [ClassifiedSample]) throws -> [ClassifiedStamp] {
        let shape = reader.inputShape.extents
        return try samples.map {
            ClassifiedStamp(
                sample: $0, identifier: identifiers?[$0.index],
                signalToNoise: signalToNoise?[$0.index].finite, kind: kinds?[$0.index],
                picture: StampPicture(
                    height: shape[0], width: shape[1], channels: reader.inputChannelNames,
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
            sample.score = try reader.read(sample.index) { Float($0.withFirstChannel { filter.score($0) }) }
            return sample
        }
    }
}

extension Double {
    /// The number; nil for NaN and infinity.
    var finite: Double? { isFinite ? self : nil }
}
