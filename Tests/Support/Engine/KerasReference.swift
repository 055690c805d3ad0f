import Files
import Models
import TestSupport

/// What Keras computed, and how far a run of this program is from it (`Tests/ReferenceValues/README.md`).
package struct KerasReference {
    package let file: SafetensorsFile

    package init(_ name: String, folder: String = "keras") throws {
        file = try SafetensorsFile(contentsOf: ReferenceValues.path("\(folder)/\(name).safetensors"))
    }

    /// Writes the tensors of one group as weights to start from.
    package func writeWeights(_ group: String, to path: String) throws {
        let tensors = try file.tensors.filter { $0.name.hasPrefix(group) }.map {
            NamedTensor(name: String($0.name.dropFirst(group.count)), shape: $0.shape, values: try file.floats($0.name))
        }
        try SafetensorsFile.write(tensors, to: path)
    }

    /// How far `values` are from tensor `name`.
    package func deviation(_ name: String, _ values: [some BinaryFloatingPoint]) throws -> Deviation {
        Deviation(
            name: name, value: relativeDeviation(values, from: try file.floats(name)),
            tolerance: Double(try file.floats("tolerance/\(name)")[0]))
    }
}

/// max |a − b| / max |b|, as the tolerances of the reference files are measured; infinite where a is not a number.
package func relativeDeviation(_ a: [some BinaryFloatingPoint], from b: [some BinaryFloatingPoint]) -> Double {
    guard a.count == b.count else { return .infinity }
    let largest = b.reduce(0) { max($0, abs(Double($1))) }
    return zip(a, b).reduce(0) { worst, pair in
        let difference = abs(Double(pair.0) - Double(pair.1))
        return difference.isNaN ? .infinity : max(worst, difference)
    } / (largest > 0 ? largest : 1)
}

/// How far a tensor is from Keras' and how well single precision determines it.
package struct Deviation {
    package let name: String
    package let value: Double
    /// Keras' own deviation in float32 from float64.
    package let tolerance: Double

    /// A few times what Keras' own float32 is off, or a few roundings (10⁻⁶) where that is less: sums are made in
    /// another order here, from other matrix products.
    package var isRounding: Bool { value <= 3 * max(tolerance, 1e-6) }
}
