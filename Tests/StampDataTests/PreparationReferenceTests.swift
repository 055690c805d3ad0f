import Preparation
import StampData
import StampFormats
import Tensors
import TestSupport
import Testing

/// Stamps with channels become what numpy makes of them.
@Suite struct PreparationReferenceTests {
    struct Reference: Decodable {
        struct Case: Decodable {
            let stamps: String
            let shape: [Int]
            let preparation: StampPreparation
            let input: [Int]
        }

        let names: [String]
        let cases: [Case]
    }

    /// The stamps of a reference file.
    static func collection(_ name: String, _ shape: [Int], names: [String]) throws -> StampCollection {
        try StampCollection(
            ReferenceValues.floats("preparation/\(name)"), height: shape[1], width: shape[2], channels: shape[3],
            names: Array(names.prefix(shape[3])))
    }

    @Test func stampsBecomeWhatNumpyMakesOfThem() throws {
        let reference = try ReferenceValues.json(Reference.self, "preparation/cases")
        #expect(reference.cases.count > 20)
        for (number, one) in reference.cases.enumerated() {
            let collection = try Self.collection(one.stamps, one.shape, names: reference.names)
            let reader = try StampReader(collection, one.preparation)
            #expect(reader.inputShape == Shape(one.input))
            let expected = try ReferenceValues.floats("preparation/\(number)")
            let found = try (0..<one.shape[0]).flatMap { try #require(try reader.values(of: $0)) }
            #expect(found.count == expected.count)
            for (value, reference) in zip(found, expected) {
                // Sums in another order, and asinh in single precision; zeros and the mask are exact. Where a level of
                // 1000 is subtracted, double precision leaves 1e-13 of it.
                #expect(
                    abs(value - reference) <= 5e-7 * abs(reference) + (reference == 0 ? 0 : 1e-11),
                    "case \(number): \(one.preparation)")
            }
        }
    }

    /// What a model tells is what its stamps were prepared by: names where files have them.
    @Test func channelsAreToldByTheirNames() throws {
        let collection = try StampCollection(
            Array(repeating: 0, count: 24), height: 2, width: 2, channels: 3, names: ["a", "b", "c"])
        func told(_ selection: ChannelSelection?) throws -> ChannelSelection? {
            try StampReader(collection, StampPreparation(.none, channels: selection)).preparation.channels
        }
        #expect(try told(nil)?.description == "a,b,c")
        #expect(try told(ChannelSelection(["2", "a"]))?.description == "c,a")
        let unnamed = try StampCollection(Array(repeating: 0, count: 24), height: 2, width: 2, channels: 3)
        #expect(StampReader(unnamed, .none).preparation == StampPreparation(.none))
        #expect(StampReader(.blank(height: 2, width: 2), .none).preparation == StampPreparation(.none))
    }
}
