import Preparation
import StampData
import StampFormats

extension Normalization {
    /// One of each kind.
    static let all =
        named + [
            .percentile(PercentileRange(low: 5, high: 100)!), .scale(LinearScaling(zero: 3, unit: -2)!),
            .standard(StandardScaling(means: [100], deviations: [7])!),
        ]
}

extension StampCollection {
    /// Stamps in memory, all of one class.
    ///
    /// - Parameter values: (N, height, width, channels).
    init(_ values: [Float], height: Int, width: Int, channels: Int = 1, names: [String]? = nil) throws {
        let shape = [values.count / (height * width * channels), height, width * channels]
        let array = try values.withUnsafeBufferPointer { try NumericArray(copying: $0, shape: shape, name: "stamps") }
        try self.init(
            noise: [StampArray(array: array, path: "stamps")], sources: [], channels: channels, names: names)
    }

    /// One stamp of zeros.
    static func blank(height: Int, width: Int) -> StampCollection {
        try! StampCollection(Array(repeating: 0, count: height * width), height: height, width: width)
    }
}
