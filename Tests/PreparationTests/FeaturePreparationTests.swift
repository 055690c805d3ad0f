import Faults
import FoundationEssentials
import Preparation
import TestSupport
import Testing

/// What is measured of features, what is done with them, and how a model tells of it.
@Suite struct FeaturePreparationTests {
    @Test func mediansMeansAndDeviationsAreThoseOfTheTrainingRows() throws {
        // Columns (1, 3, missing, 1000), (2, 2, 2, 7): the last row is not trained on.
        let values = [1, 2, 3, 2, Double.nan, 2, 1000, 7]
        let preparation = try FeaturePreparation(
            names: ["a", "b"], values: values, training: [2, 0, 1], normalization: .standard, fill: .median, file: "t")
        #expect(preparation.fills == [2, 2])
        #expect(preparation.scaling?.means == [2, 2])
        #expect(preparation.scaling?.deviations == [(2.0 / 3).squareRoot(), 1])
        #expect(written(values[0..<2], preparation).values == [Float(-1 / (2.0 / 3).squareRoot()), 0])
        #expect(written(values[4..<6], preparation).values == [0, 0])
    }

    /// The same bits whatever the order in which training rows are named.
    @Test func theOrderOfTheRowsDecides() throws {
        let values = (0..<100).map { Double($0 * 37 % 101) * 0.1 }
        func measured(_ rows: [Int]) throws -> FeaturePreparation {
            try FeaturePreparation(
                names: ["a"], values: values, training: rows, normalization: .standard, fill: nil, file: "t")
        }
        #expect(try measured(Array(0..<100)) == measured((0..<100).reversed()))
    }

    @Test func missingValuesAreNamedUnlessTheyAreFilled() throws {
        let plain = try #require(FeaturePreparation(names: ["a", "b"]))
        #expect(written([1, 2], plain).values == [1, 2] && written([1, 2], plain).unusable == nil)
        for missing in [Double.nan, .infinity, -.infinity] {
            #expect(written([1, missing], plain).unusable == 1)
            #expect(written([1, missing], FeaturePreparation(names: ["a", "b"], fills: [5, 6])!).values == [1, 6])
        }
        // Single precision does not hold it.
        #expect(written([1e39, 2], plain).unusable == 0)
    }

    @Test func columnsThatCannotBeMeasuredAreRefused() {
        func measured(_ values: [Double], _ fill: FeatureFill?) throws {
            _ = try FeaturePreparation(
                names: ["a"], values: values, training: [0, 1], normalization: .standard, fill: fill, file: "t.csv")
        }
        expectFault(.badData, "t.csv", saying: "has no finite number as a in any row") {
            try measured([.nan, .nan, 1], .median)
        }
        expectFault(.badData, "t.csv", saying: "too large for a mean") { try measured([1e308, 1e308, 1], nil) }
    }

    @Test func aModelTellsOfThemWithoutALoss() throws {
        for preparation in [
            FeaturePreparation(names: ["g-r", "\"x\", é"]),
            FeaturePreparation(
                names: ["a"], fills: [0.1], scaling: StandardScaling(means: [1.0 / 3], deviations: [1e-300])),
        ] {
            let preparation = try #require(preparation)
            #expect(try FeaturePreparation.read(metadata: preparation.metadata, from: "m") == preparation)
        }
        #expect(try FeaturePreparation.read(metadata: ["normalize": "mean"], from: "m") == nil)
    }

    @Test(arguments: [
        "", "{}", #"{"names":[]}"#, #"{"names":["a","a"]}"#, #"{"names":["a"],"fills":[1,2]}"#,
        #"{"names":["a"],"scaling":{"means":[1],"deviations":[0]}}"#,
        #"{"names":["a"],"scaling":{"means":[1,2],"deviations":[1,2]}}"#,
    ])
    func unsoundOnesAreRefused(_ json: String) {
        expectFault(.badData, "m.keras", saying: "no sound `features`") {
            _ = try FeaturePreparation.read(metadata: ["features": json], from: "m.keras")
        }
    }

    private func written(
        _ row: some RandomAccessCollection<Double>, _ preparation: FeaturePreparation
    ) -> (values: [Float], unusable: Int?) {
        var unusable: Int?
        let values = [Float](unsafeUninitializedCapacity: row.count) { buffer, count in
            buffer.initialize(repeating: 0)
            unusable = preparation.write(row, to: buffer.baseAddress!)
            count = row.count
        }
        return (values, unusable)
    }
}
