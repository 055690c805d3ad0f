import Preparation
import StampData
@testable import StampFormats

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
    /// - Parameters:
    ///   - values: (N, height, width, channels).
    ///   - names: those of the channels, each of which then comes from an array of its own.
    init(_ values: [Float], height: Int, width: Int, channels: Int = 1, names: [String]? = nil) throws {
        let count = values.count / (height * width * channels)
        func array(_ values: [Float], _ channels: Int, _ name: String) throws -> StampArray {
            let array = try values.withUnsafeBufferPointer {
                try NumericArray(copying: $0, shape: [count, height, width, channels], name: name)
            }
            return try StampArray(array: array, path: name, layout: .nhwc)
        }
        guard let names else {
            try self.init(noise: [array(values, channels, "stamps")], sources: [])
            return
        }
        let arrays = try names.enumerated().map { channel, name in
            let plane = stride(from: channel, to: values.count, by: channels).map { values[$0] }
            return (name: name, files: [try array(plane, 1, name)])
        }
        try self.init(noise: StampArray.joining(arrays), sources: [])
    }

    /// One stamp of zeros.
    static func blank(height: Int, width: Int) -> StampCollection {
        try! StampCollection(Array(repeating: 0, count: height * width), height: height, width: width)
    }
}
