import CKernels
import Models
import Preparation
import StampData
import StampFormats
import Tensors

/// Stamps in memory for a network of any shape: white noise, its classes in turn, with as many features as it takes.
/// How fast a network is does not depend on what it is shown.
struct BenchmarkStamps {
    /// Fewer stamps would all fit into a cache.
    private static let fewest = 4096
    /// More than that, in floats, does not.
    private static let mostValues = 1 << 26

    private let stamps: Shape
    private let features: Int
    private let classes: Int
    let reader: StampReader

    /// - Parameter fewest: at least so many stamps, whatever they take.
    init(for network: Network, atLeast fewest: Int) throws {
        (stamps, features, classes) = (network.inputShape, network.featureCount, network.classCount)
        let values = stamps.count
        let count = max(fewest, min(Self.fewest, Self.mostValues / values))
        let noise = FloatBuffer(count: count * values)
        Self.fillWithNormals(noise, detail: 0)
        let array = try NumericArray(
            copying: UnsafeBufferPointer(start: noise.pointer, count: count * values),
            shape: [count] + stamps.extents, name: "simulated stamps")
        let collection = try StampCollection(
            StampArray(interleaved: array, path: array.name),
            labels: (0..<count).map { [classes] in $0 % classes },
            of: StampClasses((0..<classes).map(String.init), from: array.name))
        let table = FeaturePreparation(names: (0..<features).map(String.init)).map { preparation in
            let features = StampFeatures(preparation, stamps: count)
            Self.fillWithNormals(features.values, detail: 1)
            return features
        }
        reader = StampReader(collection, .none).adding(table)
    }

    private static func fillWithNormals(_ buffer: FloatBuffer, detail: Int) {
        standard_normals(
            [0, 0, 0, CounterBasedRandom.word(.simulation, detail: detail)], [0, 0], buffer.count, buffer.pointer)
    }

    /// Whether a network takes the same stamps, and there are enough.
    func suits(_ network: Network, atLeast fewest: Int) -> Bool {
        stamps == network.inputShape && features == network.featureCount && classes == network.classCount
            && reader.collection.count >= fewest
    }
}
