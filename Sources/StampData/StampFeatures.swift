import Faults
import Preparation
import StampFormats
import Tensors

/// The features of each stamp of a collection as a network sees them, in memory: its second input.
public struct StampFeatures: Sendable {
    /// What was done with them.
    public let preparation: FeaturePreparation
    /// (stamps, features), by the stamps' numbers.
    package let values: FloatBuffer

    /// How many features a stamp has.
    public var count: Int { preparation.count }
    /// Bytes of memory that they take.
    package var byteCount: Int { values.count * MemoryLayout<Float>.stride }

    /// Room for the features of so many stamps.
    package init(_ preparation: FeaturePreparation, stamps: Int) {
        self.preparation = preparation
        values = FloatBuffer(count: stamps * preparation.count)
    }

    /// Fills the room with the rows of a table.
    ///
    /// - Parameter table: with the columns of `preparation`, and a row for each stamp.
    /// - Throws: `Fault(.badData)` that names the first row with a missing value that nothing stands for, or one that is
    ///   too large for single precision.
    package func fill(from table: FeatureTable) throws {
        precondition(table.columns == preparation.names, "\(table.columns) instead of \(preparation.names)")
        precondition(table.values.count == values.count, "\(table.values.count) features of \(values.count)")
        for row in 0..<table.rows {
            let numbers = table.values[row * count..<(row + 1) * count]
            guard let column = preparation.write(numbers, to: values.pointer + row * count) else { continue }
            let name = preparation.names[column]
            guard table.values[row * count + column].isFinite else {
                throw Fault(
                    .badData, table.name, "row \(row), counted from 0, has no finite number as \(name)",
                    remedy: "give every row a number there, or train with --fill-features median")
            }
            throw Fault(
                .badData, table.name, "row \(row), counted from 0, has a number as \(name) that is too large",
                remedy: "give numbers that single precision holds")
        }
    }

    /// The features of a stamp.
    func copy(_ stamp: Int, to output: UnsafeMutablePointer<Float>) {
        output.update(from: values.pointer + stamp * count, count: count)
    }
}

/// A sample is what a network takes at a time: a stamp, and the stamp's features behind it.
extension StampReader {
    /// Floats of features that go with a stamp; 0 without.
    public var featureCount: Int { features?.count ?? 0 }
    /// Floats of a stamp as the network sees it, and of its features.
    public var sampleValues: Int { valueCount + featureCount }

    /// The same with features.
    package func adding(_ features: StampFeatures?) -> StampReader {
        var changed = self
        changed.features = features
        return changed
    }

    /// Reads one sample: a stamp as the network sees it, and its features. Any thread.
    ///
    /// - Parameters:
    ///   - target: room for `sampleValues` floats; undefined when the result is false.
    ///   - symmetry: how the stamp is turned, one of ``symmetries``.
    /// - Returns: whether the stamp can be used.
    /// - Throws: `Fault` when its file cannot be read.
    public func readSample(
        _ stamp: Int, into target: MutableFloatView, turnedBy symmetry: UInt32 = 0
    ) throws -> Bool {
        guard try read(stamp, { $0.write(to: target.slice(valueCount), turnedBy: symmetry) }) else { return false }
        copyFeatures(of: stamp, toSample: target.pointer(sampleValues))
        return true
    }

    /// Puts a stamp's features behind the stamp, where there are any.
    ///
    /// - Parameter sample: room for `sampleValues` floats.
    package func copyFeatures(of stamp: Int, toSample sample: UnsafeMutablePointer<Float>) {
        features?.copy(stamp, to: sample + valueCount)
    }
}
