import Faults
import StampData
import StampFormats
import TestSupport
import Testing

@Suite struct StampCollectionTests {
    /// Writes a file of `count` 3×2 stamps whose pixels are first, first + 1, …
    private func file(_ folder: String, _ name: String, count: Int, first: Int, width: Int = 2) throws -> String {
        let path = "\(folder)/\(name).npy"
        let pixels = (0..<count * 3 * width).map { Float(first + $0) }
        try NpyFile.write(floats: pixels, shape: [count, 3, width], to: path)
        return path
    }

    /// Stamps are numbered through the noise files, then the source files, each in the order given.
    @Test func severalFilesReadAsOneLongArray() throws {
        try withTemporaryFolder { folder in
            let noise = [
                try file(folder, "n1", count: 2, first: 0), try file(folder, "n2", count: 1, first: 12),
            ]
            let sources = [
                try file(folder, "s1", count: 1, first: 18), try file(folder, "s2", count: 3, first: 24),
            ]
            let collection = try StampCollection(noise: noise, sources: sources)
            #expect((collection.height, collection.width) == (3, 2) && collection.values == 6)
            #expect((collection.count, collection.classCounts[0], collection.classCounts[1]) == (7, 3, 4))
            #expect((0..<7).map { collection.label($0) } == [0, 0, 0, 1, 1, 1, 1])
            for stamp in 0..<7 {
                var pixels = [Double](repeating: -1, count: 6)
                try pixels.withUnsafeMutableBufferPointer { try collection.copyStamp(stamp, into: $0.baseAddress!) }
                #expect(pixels == (0..<6).map { Double(6 * stamp + $0) })
            }
            for start in 0..<7 {
                for end in start + 1...7 {
                    var pixels = [Double](repeating: -1, count: 6 * (end - start))
                    try collection.copyStamps(start..<end, into: &pixels)
                    #expect(pixels == (6 * start..<6 * end).map { Double($0) })
                }
            }
            let places = (0..<7).map { collection.location($0) }
            #expect(
                places.map(\.path) == [noise[0], noise[0], noise[1], sources[0]]
                    + [String](repeating: sources[1], count: 3))
            #expect(places.map(\.index) == [0, 1, 0, 0, 0, 1, 2])
        }
    }

    @Test func unlabelledStampsAreAllOfOneFile() throws {
        try withTemporaryFolder { folder in
            let collection = try StampCollection(unlabelled: [try file(folder, "all", count: 4, first: 0)])
            #expect(collection.count == 4 && collection.classCounts[1] == 0)
        }
    }

    @Test func stampsOfTwoSizesAreRefused() throws {
        try withTemporaryFolder { folder in
            let noise = try file(folder, "n", count: 2, first: 0)
            let sources = try file(folder, "s", count: 2, first: 0, width: 5)
            let fault = try #require(
                #expect(throws: Fault.self) { try StampCollection(noise: [noise], sources: [sources]) })
            #expect(fault.kind == .badData && fault.subject == sources)
            #expect(fault.problem.contains("3×5") && fault.problem.contains("3×2") && fault.problem.contains(noise))
        }
    }

    @Test func aMissingFileIsNamed() throws {
        try withTemporaryFolder { folder in
            let noise = try file(folder, "n", count: 2, first: 0)
            let fault = try #require(
                #expect(throws: Fault.self) { try StampCollection(noise: [noise], sources: ["\(folder)/none.npy"]) })
            #expect(fault.kind == .missingInput && fault.subject.contains("none.npy"))
        }
    }
}
