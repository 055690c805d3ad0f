import Communication
import Faults
import FoundationEssentials
import Lanes
import Preparation
import StampData
import StampFormats
@testable import StampLoading
import TestSupport
import Testing

/// Mean and standard deviation of the training set.
@Suite struct StandardScalingTests {
    private struct Reference: Decodable {
        let measured: [String: StandardScaling]
    }

    private func collection(_ values: [Float], height: Int, width: Int, channels: Int) throws -> StampCollection {
        let shape = [values.count / (height * width * channels), height, width, channels]
        let array = try values.withUnsafeBufferPointer { try NumericArray(copying: $0, shape: shape, name: "stamps") }
        return try StampCollection(
            noise: [StampArray(array: array, path: "stamps", layout: .nhwc)], sources: [])
    }

    private func measured(
        _ collection: StampCollection, _ preparation: StampPreparation, on stamps: [Int], lanes: Int = 1
    ) throws -> StandardScaling? {
        let team = try LaneTeam(count: lanes)
        defer { team.finish() }
        let reader = try StampReader(collection, preparation).measured(on: stamps, team: team, group: SingleProcess())
        guard case .standard(let scaling) = reader.preparation.normalization else { return nil }
        return scaling
    }

    @Test func theyAreThoseOfNumpy() throws {
        let reference = try ReferenceValues.json(Reference.self, "preparation/cases").measured
        let stamps = try collection(ReferenceValues.floats("preparation/whole"), height: 10, width: 9, channels: 3)
        for (name, scope) in [("standard", NormalizationScope.channel), ("over_all", .stamp)] {
            let found = try #require(
                try measured(stamps, StampPreparation(.standard(nil), scope: scope), on: [2, 0, 1]))
            let expected = try #require(reference[name])
            #expect(found.means.count == expected.means.count)
            // Sums of 270 doubles in another order.
            for (one, other) in zip(found.means, expected.means) { #expect(abs(one - other) <= 1e-13 * 1000) }
            for (one, other) in zip(found.deviations, expected.deviations) {
                #expect(abs(one - other) <= 1e-12 * other)
            }
        }
    }

    /// Blocks are summed by any lane; what is added to what never changes. A level that is large beside the spread
    /// costs no digits.
    @Test func theyHaveTheSameBitsForAnyLanes() throws {
        var random = SplitMix64(seed: 2)
        let values = (0..<1000 * 8).map { _ in Float(1 << 20) + Float(random.next() % 64) / 8 }
        let stamps = try collection(values, height: 2, width: 2, channels: 2)
        let training = (0..<1000).filter { $0 % 7 != 3 }
        let alone = try #require(try measured(stamps, StampPreparation(.standard(nil)), on: training))
        for lanes in 2...5 {
            let shuffled = Array(training.reversed())
            #expect(try measured(stamps, StampPreparation(.standard(nil)), on: shuffled, lanes: lanes) == alone)
        }
        for channel in 0..<2 {
            let chosen = training.flatMap { stamp in (0..<4).map { Double(values[stamp * 8 + 2 * $0 + channel]) } }
            let mean = chosen.reduce(0) { $0 + $1 - 0x1p20 } / Double(chosen.count)
            let variance = chosen.reduce(0) { $0 + ($1 - 0x1p20 - mean) * ($1 - 0x1p20 - mean) } / Double(chosen.count)
            #expect(abs(alone.means[channel] - 0x1p20 - mean) < 1e-8)
            #expect(abs(alone.deviations[channel] / variance.squareRoot() - 1) < 1e-10)
        }
    }

    @Test func stampsThatCannotBeUsedAreLeftOutAndFilledOnesAreNot() throws {
        var values: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9]
        values[5] = .nan
        let stamps = try collection(values, height: 2, width: 2, channels: 1)
        #expect(try measured(stamps, StampPreparation(.standard(nil)), on: [0, 1])?.means == [2.5])
        #expect(try measured(stamps, StampPreparation(.standard(nil), fill: .zero), on: [0, 1])?.means == [3.75])
        // A channel without any spread becomes 0.
        let constant = try measured(stamps, StampPreparation(.standard(nil)), on: [2])
        #expect(constant == StandardScaling(means: [9], deviations: [1]))
    }

    @Test func onlyTheMiddleIsMeasured() throws {
        let stamps = try collection((0..<9).map { Float($0 * $0) }, height: 3, width: 3, channels: 1)
        let preparation = StampPreparation(
            .standard(nil), crop: StampExtent(height: 1, width: 1), pad: StampExtent(height: 5, width: 5))
        #expect(try measured(stamps, preparation, on: [0])?.means == [16])
        #expect(try measured(stamps, StampPreparation(.mean), on: [0]) == nil)
    }

    @Test func pixelsThatAreTooLargeAreRefused() throws {
        let numbers = [1.5e308, -1.5e308, 1.5e308, 0].flatMap { littleEndian($0.bitPattern) }
        let header = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2, 2), }")
        let array = try (header + numbers).withUnsafeBytes { try StampArray(copying: $0, name: "large") }
        let stamps = try StampCollection(noise: [array], sources: [])
        #expect(throws: AgreedFault.self) { try measured(stamps, StampPreparation(.standard(nil)), on: [0]) }
    }
}
