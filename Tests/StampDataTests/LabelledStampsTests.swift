import Faults
import Files
import FoundationEssentials
import StampData
import StampFormats
import TestSupport
import Testing

/// Stamps whose classes come with names, from files of their own or from labels.
@Suite struct LabelledStampsTests {
    /// Writes a file of `count` 2×2 stamps and returns its path.
    private func file(_ folder: String, _ name: String, _ count: Int) throws -> String {
        let path = "\(folder)/\(name).npy"
        try NpyFile.write(floats: (0..<count * 4).map { Float($0 % 7) }, shape: [count, 2, 2], to: path)
        return path
    }

    private func labelled(
        _ folder: String, _ labels: [String], names: [String]? = nil, known: StampClasses? = nil, stamps: Int? = nil
    ) throws -> StampCollection {
        let path = "\(folder)/labels.csv"
        try AtomicFile.write("kind\n" + labels.map { "\($0)\n" }.joined(), to: path)
        let table = LabelledFiles.Table(
            stamps: [try file(folder, "stamps", stamps ?? labels.count)], labels: path, classNames: names)
        return try StampCollection(LabelledFiles(table), of: known)
    }

    private func labels(_ stamps: StampCollection) -> [Int] { (0..<stamps.count).map { stamps.label($0) } }

    @Test(arguments: [
        (["b", "a", "c", "a"], nil, ["a", "b", "c"], [1, 0, 2, 0]),
        (["b", "a", "c", "a"], ["c", "b", "a"], ["c", "b", "a"], [1, 2, 0, 2]),
        (["10", "9", "10"], nil, ["9", "10"], [1, 0, 1]),
        // Numbers of classes that have names, and names that are numbers.
        (["2", "0", "0"], ["x", "y", "z"], ["x", "y", "z"], [2, 0, 0]),
        (["2", "0", "0"], ["2", "1", "0"], ["2", "1", "0"], [0, 2, 2]),
    ])
    func labelsNameClasses(_ rows: [String], _ names: [String]?, _ classes: [String], _ expected: [Int]) throws {
        try withTemporaryFolder { folder in
            let stamps = try labelled(folder, rows, names: names)
            #expect(stamps.classes.names == classes && labels(stamps) == expected)
            #expect(stamps.classCounts == classes.indices.map { label in expected.count { $0 == label } })
            let copy = try StampCollection(stamps.description)
            #expect(
                copy.classes == stamps.classes && labels(copy) == expected && copy.classCounts == stamps.classCounts)
        }
    }

    @Test func eachClassMayHaveFilesOfItsOwn() throws {
        try withTemporaryFolder { folder in
            let files = LabelledFiles(classes: [
                LabelledFiles.ClassFiles(name: "z", files: [try file(folder, "z", 2), try file(folder, "z2", 1)]),
                LabelledFiles.ClassFiles(name: "a", files: [try file(folder, "a", 2)]),
            ])
            let stamps = try StampCollection(files)
            #expect(stamps.classes.names == ["z", "a"] && labels(stamps) == [0, 0, 0, 1, 1])
            #expect(stamps.classCounts == [3, 2])
            // A model's classes come first.
            let known = try StampClasses(["a", "b", "z"], from: "model")
            let ofModel = try StampCollection(files, of: known)
            #expect(labels(ofModel) == [2, 2, 2, 0, 0] && ofModel.classCounts == [2, 0, 3])
            expectFault(.badData, "--class z", saying: "is no class of the model") {
                _ = try StampCollection(files, of: StampClasses(["a", "b"], from: "model"))
            }
        }
    }

    @Test func labelsMustFit() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/labels.csv"
            expectFault(.badData, path, saying: "has 3 rows for 4 stamps") {
                _ = try labelled(folder, ["a", "b", "a"], stamps: 4)
            }
            expectFault(.badData, path, saying: "has one label") { _ = try labelled(folder, ["a", "a"]) }
            expectFault(.badData, path, saying: "row 2 has the label \"c\"; the classes are a, b") {
                _ = try labelled(folder, ["a", "b", "c"], names: ["a", "b"])
            }
            expectFault(.badData, path, saying: "row 1 has the label \"3\"; the classes are x, y, numbered from 0") {
                _ = try labelled(folder, ["1", "3", "0"], names: ["x", "y"])
            }
            expectFault(.usage, "--class-names", saying: "names the class a twice") {
                _ = try labelled(folder, ["a", "b"], names: ["a", "a"])
            }
        }
    }

    /// Other labels are other data, even where the pixels are the same.
    @Test func theFingerprintKnowsLabels() throws {
        try withTemporaryFolder { folder in
            let first = try DataFingerprint(labelled(folder, ["a", "b", "a"]))
            #expect(try DataFingerprint(labelled(folder, ["a", "b", "b"])) != first)
            #expect(try DataFingerprint(labelled(folder, ["b", "a", "a"])) != first)
            #expect(try DataFingerprint(labelled(folder, ["a", "b", "a"])) == first)
        }
    }

    @Test func countsOfBadStampsKeepTheirKeys() throws {
        let usual = BadStampCounts([2, 3], of: .noiseAndSource)
        #expect(try JSONFile.line(of: usual) == "{\"noise\":2,\"sources\":3}\n")
        let classes = try StampClasses(["sources", "x", "source"], from: "test")
        let counts = BadStampCounts([1, 2, 3], of: classes)
        let copy = try JSONDecoder().decode(BadStampCounts.self, from: JSONEncoder().encode(counts))
        #expect((0..<3).map { copy.count(of: $0, in: classes) } == [1, 2, 3] && copy.total == 6)
    }
}
