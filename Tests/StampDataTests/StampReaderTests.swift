import FoundationEssentials
import Preparation
import StampData
import StampFormats
import Tensors
import Testing

/// The reader finds what copying a stamp and normalising it finds, bit by bit.
@Suite struct StampReaderTests {
    private static let unusable = 2

    /// Five stamps of 4×3 pixels, of which number 2 is constant and has a pixel that is not a number.
    private func withCollection(_ body: (StampCollection) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "reader-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var stream = CounterBasedRandom(seed: 1).stream(.simulation)
        var pixels = (0..<60).map { _ in 100 + stream.uniformFloat() }
        for index in 24..<36 { pixels[index] = index == 30 ? .nan : 7 }
        try NpyFile.write(floats: Array(pixels[..<36]), shape: [3, 4, 3], to: "\(folder)/noise.npy")
        try NpyFile.write(floats: Array(pixels[36...]), shape: [2, 4, 3], to: "\(folder)/sources.npy")
        try body(StampCollection(noise: ["\(folder)/noise.npy"], sources: ["\(folder)/sources.npy"]))
    }

    private func raw(_ stamp: Int, _ collection: StampCollection) throws -> [Double] {
        var pixels = [Double](repeating: -1, count: 12)
        try collection.copyStamp(stamp, into: &pixels)
        return pixels
    }

    private func bits(_ values: [Float]?) -> [UInt32]? { values?.map(\.bitPattern) }
    private func bits(_ values: [Double]) -> [UInt64] { values.map(\.bitPattern) }

    @Test(arguments: Normalization.all) func aStampIsCopiedAndNormalised(_ normalization: Normalization) throws {
        try withCollection { collection in
            let reader = StampReader(collection, normalization)
            for stamp in 0..<5 {
                var scratch = [Double](repeating: .nan, count: 24)
                var expected = [Float](repeating: .nan, count: 12)
                let isUsable = normalization.apply(
                    pixels: try raw(stamp, collection), count: 12, scratch: &scratch, into: &expected)
                #expect(isUsable == (stamp != Self.unusable))
                #expect(try bits(reader.values(of: stamp)) == (isUsable ? bits(expected) : nil))
                let output = FloatBuffer(count: 12)
                #expect(try reader.read(stamp, into: output.view) == isUsable)
                #expect(!isUsable || bits(output.array) == bits(expected))
            }
        }
    }

    @Test(arguments: Normalization.all) func aStampIsKeptForAugmentation(_ normalization: Normalization) throws {
        try withCollection { collection in
            let reader = StampReader(collection, normalization)
            for stamp in 0..<5 {
                var scratch = [Double](repeating: .nan, count: 36)
                var expected = [Float](repeating: .nan, count: 12)
                let expectedSpread = normalization.prepareForAugmentation(
                    pixels: try raw(stamp, collection), count: 12, scratch: &scratch, into: &expected)
                let output = FloatBuffer(count: 12)
                var spread: Float = -1
                let isUsable = try reader.read(stamp, into: output.view, spreads: &spread)
                #expect(isUsable == (expectedSpread != nil) && isUsable == (stamp != Self.unusable))
                #expect(isUsable ? spread == expectedSpread : spread.isNaN)
                #expect(!isUsable || bits(output.array) == bits(expected))
            }
        }
    }

    /// A run may end in another file than it starts in.
    @Test func aRunHandsOutStampsAsTheyAreInTheFiles() throws {
        try withCollection { collection in
            let reader = StampReader(collection, .mean)
            var numbers: [Int] = []
            try reader.forEach(1..<5) { stamp in
                let expected = try raw(stamp.number, collection)
                #expect(bits(stamp.values.array) == bits(expected))
                #expect(stamp.isUsable == (stamp.number != Self.unusable))
                numbers.append(stamp.number)
            }
            #expect(numbers == [1, 2, 3, 4])
            #expect(try bits(reader.read(4) { $0.values.array }) == bits(raw(4, collection)))
        }
    }

    @Test func aChangedStampIsNormalisedAgain() throws {
        try withCollection { collection in
            let reader = StampReader(collection, .minmax)
            let values = FloatBuffer(try #require(try reader.values(of: 0)))
            let output = FloatBuffer(count: 12)
            #expect(reader.normalizeAgain(FloatView(values.view), into: output.view) { $0[0] = 3 })
            #expect(output[0] == 1)
            let others = (1..<12).map { Float((Double(values[$0]) - Double(values.array[1...].min()!)) / 3) }
            #expect(zip(output.array[1...], others).allSatisfy { abs($0 - $1) <= 1e-6 })
            #expect(
                !reader.normalizeAgain(FloatView(values.view), into: output.view) { $0.update(repeating: 1, count: 12) }
            )
        }
    }
}
