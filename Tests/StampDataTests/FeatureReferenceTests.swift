import Faults
import Preparation
@testable import StampData
import StampFormats
import TestSupport
import Testing

/// Features as a network sees them are those of numpy and scikit-learn.
@Suite struct FeatureReferenceTests {
    private struct Table: Decodable {
        let fills: [Double]?
        let means: [Double]
        let deviations: [Double]
        let prepared: [Double]
    }

    private struct Reference: Decodable {
        let names: [String]
        let training: [Int]
        let whole: Table
        let holed: Table
    }

    private func features(
        _ file: String, _ training: [Int], _ normalization: FeatureNormalization, _ fill: FeatureFill?
    ) throws -> StampFeatures {
        let table = try FeatureTable(option: "--features", ReferenceValues.path("features/\(file)"))
        let preparation = try FeaturePreparation(
            names: table.columns, values: table.values, training: training, normalization: normalization, fill: fill,
            file: table.name)
        let features = StampFeatures(preparation, stamps: table.rows)
        try features.fill(from: table)
        return features
    }

    private func check(_ found: StampFeatures, _ expected: Table) throws {
        #expect(found.preparation.fills == expected.fills)
        let scaling = try #require(found.preparation.scaling)
        for (column, (mean, deviation)) in zip(scaling.means, scaling.deviations).enumerated() {
            // Sums of 41 doubles in another order; the times spread by a thousandth around two millions.
            #expect(abs(mean / expected.means[column] - 1) <= 1e-14)
            #expect(abs(deviation / expected.deviations[column] - 1) <= 1e-8)
            if expected.deviations[column] == 1 { #expect(deviation == 1) }
        }
        for (index, (value, other)) in zip(found.values.array, expected.prepared).enumerated() {
            let column = index % found.count
            // Single precision, and roundings of the mean.
            let tolerance = 1e-6 * max(1, abs(other)) + 4 * scaling.means[column].ulp / scaling.deviations[column]
            #expect(abs(Double(value) - other) <= tolerance)
        }
    }

    @Test(arguments: ["csv", "npy"]) func aWholeTableIsScaledAsByScikitLearn(_ ending: String) throws {
        let reference = try ReferenceValues.json(Reference.self, "features/expected")
        let found = try features("whole.\(ending)", reference.training, .standard, nil)
        #expect(found.preparation.names == (ending == "csv" ? reference.names : (0..<6).map(String.init)))
        try check(found, reference.whole)
    }

    @Test(arguments: ["csv", "npy"]) func aTableWithGapsIsFilledAndScaledAsByScikitLearn(_ ending: String) throws {
        let reference = try ReferenceValues.json(Reference.self, "features/expected")
        try check(features("holed.\(ending)", reference.training, .standard, .median), reference.holed)
        expectFault(.badData, "holed.\(ending)", saying: "row 2, counted from 0, has no finite number as") {
            _ = try features("holed.\(ending)", reference.training, .standard, nil)
        }
    }

    @Test func unscaledFeaturesAreThoseOfTheFile() throws {
        let found = try features("whole.npy", Array(0..<60), .none, nil)
        let table = try FeatureTable(option: "--features", ReferenceValues.path("features/whole.npy"))
        #expect(found.preparation.scaling == nil && found.values.array == table.values.map { Float($0) })
    }
}
