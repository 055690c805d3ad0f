import StampFormats
import TestSupport
import Testing

@Suite struct StampArrayTests {
    @Test(arguments: ["version_1.npy", "flat_stamps.npy", "channel_stamps_fortran.npy"])
    func everyAcceptedShapeGivesTheSameStamps(_ file: String) throws {
        let stamps = try StampArray(contentsOf: ReferenceValues.path("numpy/\(file)"))
        #expect(stamps.count == 5)
        #expect(stamps.height == 4 && stamps.width == 4 && stamps.valuesPerStamp == 16)
        let expected = try ReferenceValues.doubles("numpy/stamps")
        for index in [3, 0, 4, 2, 1] {
            #expect(try pixels(stamps, index) == Array(expected[(index * 16)..<((index + 1) * 16)]))
        }
    }

    @Test func stampsNeedNotBeSquare() throws {
        let stamps = try StampArray(contentsOf: ReferenceValues.path("numpy/oblong_stamps.npy"))
        #expect(stamps.height == 3 && stamps.width == 4)
        #expect(try pixels(stamps, 1) == Array(ReferenceValues.doubles("numpy/stamps")[16..<28]))
    }

    @Test(arguments: ["several_deflated.npz", "several_stored.npz", "version_1.npy", "channel_stamps_fortran.npy"])
    func manyThreadsReadTheSameStamps(_ file: String) async throws {
        let stamps = try StampArray(contentsOf: ReferenceValues.path("numpy/\(file)"))
        let expected = try ReferenceValues.doubles("numpy/stamps")
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    try (0..<200).allSatisfy { turn in
                        let index = (turn * 7 + worker) % 5
                        return try self.pixels(stamps, index) == Array(expected[(index * 16)..<((index + 1) * 16)])
                    }
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    @Test(arguments: ["(4,)", "(4, 3)", "(1, 1, 2, 2, 1)", "()", "(2, 0, 4)", "(3, 0)"])
    func otherShapesAreNamed(_ shape: String) throws {
        let folder = try TemporaryFolder()
        let size = ["(4,)": 4, "(4, 3)": 12, "(1, 1, 2, 2, 1)": 4, "()": 1][shape] ?? 0
        let path = try folder.file(
            "a.npy", npy("{'descr': '|u1', 'fortran_order': False, 'shape': \(shape), }", data: size))
        expectFault(.badData, path, saying: "has the shape \(shape), which is not one of stamps") {
            _ = try StampArray(contentsOf: path)
        }
    }

    @Test(arguments: [1, 2, 3, 21]) func aFileMayHoldOneSquareStamp(_ side: Int) throws {
        let folder = try TemporaryFolder()
        let path = try folder.file(
            "a.npy", npy("{'descr': '|u1', 'fortran_order': False, 'shape': (\(side), \(side)), }", data: side * side))
        let stamps = try StampArray(contentsOf: path)
        #expect(stamps.count == 1 && stamps.height == side && stamps.width == side)
    }

    /// One stamp, or as many flattened ones.
    @Test(arguments: [(4, 2), (9, 3), (144, 12)]) func aShapeWithTwoMeaningsIsRefused(_ side: Int, _ flat: Int) throws {
        let folder = try TemporaryFolder()
        let path = try folder.file(
            "a.npy", npy("{'descr': '|u1', 'fortran_order': False, 'shape': (\(side), \(side)), }", data: side * side))
        expectFault(.badData, path, saying: "one stamp of \(side)×\(side) or \(side) of \(flat)×\(flat)") {
            _ = try StampArray(contentsOf: path)
        }
    }

    @Test func aFileOfNoStampsIsRefused() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("a.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 21, 21), }"))
        expectFault(.badData, path, saying: "holds no stamps") { _ = try StampArray(contentsOf: path) }
    }

    private func pixels(_ stamps: StampArray, _ index: Int) throws -> [Double] {
        try [Double](unsafeUninitializedCapacity: stamps.valuesPerStamp) { buffer, initialized in
            try stamps.copyStamp(index, into: buffer.baseAddress!)
            initialized = stamps.valuesPerStamp
        }
    }
}
