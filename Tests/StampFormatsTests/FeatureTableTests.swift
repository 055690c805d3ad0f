import Faults
import Files
import StampFormats
import TestSupport
import Testing

/// Tables and arrays of features.
@Suite struct FeatureTableTests {
    private func table(_ text: String, _ body: (_ path: String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            try AtomicFile.write(text, to: "\(folder)/t.csv")
            try body("\(folder)/t.csv")
        }
    }

    private func array(_ shape: [Int], _ folder: TemporaryFolder) throws -> String {
        let path = folder.path("t\(shape.count).npy")
        try NpyFile.write(floats: (0..<shape.reduce(1, *)).map(Float.init), shape: shape, to: path)
        return path
    }

    @Test func columnsAreReadInTheOrderThatIsAskedFor() throws {
        try table("id,fwhm,\"flux\",rank\nx,1,2,3\ny, 4 ,5e0,-6\n") { path in
            let found = try FeatureTable(option: "--features", "\(path):rank,fwhm")
            #expect(found.columns == ["rank", "fwhm"] && found.values == [3, 1, -6, 4] && found.rows == 2)
            #expect(found.name == path)
            // By a model's names, wherever they are.
            let others = try FeatureTable(option: "--features", path, columns: ["flux", "fwhm"], of: "m")
            #expect(others.columns == ["flux", "fwhm"] && others.values == [2, 1, 5, 4])
        }
        try table("a,b\n1,2\n3,4\n") { path in
            let all = try FeatureTable(option: "--features", path)
            #expect(all.columns == ["a", "b"] && all.values == [1, 2, 3, 4])
        }
    }

    @Test(arguments: ["", "nan", "NaN", "null", "NA", "inf", "-inf", "1e999", " "])
    func thereAreManyWordsForAMissingValue(_ text: String) throws {
        try table("a,b\n1,\(text)\n") { path in
            let found = try FeatureTable(option: "--features", path)
            #expect(found.values[0] == 1 && found.values[1].isNaN)
        }
    }

    @Test func arraysHaveNumbersForNames() throws {
        let folder = try TemporaryFolder()
        let path = try array([2, 3], folder)
        func read(_ text: String, _ names: [String]? = nil) throws -> FeatureTable {
            guard let names else { return try FeatureTable(option: "--features", text) }
            return try FeatureTable(option: "--features", text, columns: names, of: "m")
        }
        #expect(try read(path).columns == ["0", "1", "2"])
        #expect(try read("\(path):2,0").values == [2, 0, 5, 3])
        #expect(try read(path, ["2", "0"]).values == [2, 0, 5, 3])
        // Other names are those of the columns in their order.
        #expect(try read(path, ["x", "y", "z"]).values == [0, 1, 2, 3, 4, 5])
        #expect(try read("\(path):2,1", ["x", "y"]).values == [2, 1, 5, 4])
        expectFault(.badData, path, saying: "has no column \"x\", which m takes; give a table with it; this one has: 0")
        {
            _ = try read(path, ["x", "y"])
        }
        let single = try read(try array([4], folder))
        #expect(single.columns == ["0"] && single.values == [0, 1, 2, 3])
    }

    @Test(arguments: [
        (":fwhm,size", "has no column \"size\"; name one of these: id, fwhm"),
        ("", "line 2 has \"x\" as id, which is no"),
    ])
    func whatIsNotThereIsRefused(_ part: String, _ words: String) throws {
        try table("id,fwhm\nx,1\n") { path in
            expectFault(.badData, path, saying: words) { _ = try FeatureTable(option: "--features", path + part) }
        }
    }

    @Test(arguments: [
        (",a\n0,1\n", "a column without a name"), ("", "has no columns"), ("a,a\n1,2\n", "has 2 columns \"a\""),
        ("a,b\n1\n", "line 2 has 1 fields, the first line 2"), ("a\n\"1\n", "quoted field that does not end"),
    ])
    func tablesThatCannotBeReadAreRefused(_ text: String, _ words: String) throws {
        try table(text) { path in
            expectFault(.badData, path, saying: words) { _ = try FeatureTable(option: "--features", path) }
        }
    }

    @Test func otherFilesAndNamesAreRefused() throws {
        for text in ["t.txt", "t.csv:", "t.csv:a,a", "t.csv:a,,b", "t"] {
            expectFault(.usage, "--features \(text)", saying: text.hasPrefix("t.csv") ? "each column once" : "neither")
            {
                _ = try FeatureTable(option: "--features", text)
            }
        }
        expectFault(.missingInput, "none.csv", saying: "there is no") {
            _ = try FeatureTable(option: "--features", "none.csv:a")
        }
        let folder = try TemporaryFolder()
        let cube = try array([2, 2, 2], folder)
        expectFault(.badData, cube, saying: "instead of a row of features") {
            _ = try FeatureTable(option: "--features", cube)
        }
        let path = try array([3, 2], folder)
        expectFault(.badData, path, saying: "has 3 rows for 4 stamps") {
            try FeatureTable(option: "--features", path).check(count: 4)
        }
    }

    @Test func theFingerprintTellsTablesApart() throws {
        func fingerprint(_ text: String) throws -> String {
            try withTemporaryFolder { folder in
                try AtomicFile.write(text, to: "\(folder)/t.csv")
                return try FeatureTable(option: "--features", "\(folder)/t.csv").fingerprint
            }
        }
        let prints = try ["a,b\n1,2\n", "b,a\n1,2\n", "a,b\n1,3\n", "a,b\n1,\n"].map(fingerprint)
        #expect(Set(prints).count == 4)
        let same = try fingerprint("a, b\r\n1.0,2e0\r\n")
        #expect(same == prints[0])
    }
}
