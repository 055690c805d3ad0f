import Faults
import Files
import TestSupport
import Testing

@Suite struct CSVColumnTests {
    private func numbers(_ column: String, of text: String) throws -> [Double] {
        try withTemporaryFolder { base in
            try AtomicFile.write(text, to: "\(base)/table.csv")
            return try CSVColumn.numbers(column, in: "\(base)/table.csv")
        }
    }

    @Test(arguments: [
        ("a,mag\n1,20.5\n2,-1e3\n", [20.5, -1000]),
        // As spreadsheets end lines and begin files; a last line without an end; blanks around fields.
        ("\u{FEFF}mag,a\r\n20.5,1\r\n -1e3 ,2", [20.5, -1000]),
        ("mag\n20.5\n\n-1e3\n\n", [20.5, -1000]),
        // Quotes around commas, quotes, line ends and numbers.
        ("\"a, b\",\"mag\"\n\"say \"\"x\"\",\nthen\",\"20.5\"\n,-1e3\n", [20.5, -1000]),
        ("mag,a\n", []),
    ])
    func aColumnIsReadAsSpreadsheetsAndPandasWriteIt(text: String, expected: [Double]) throws {
        #expect(try numbers("mag", of: text) == expected)
    }

    @Test func aNameMayHoldCommasAndQuotes() throws {
        #expect(try numbers("m \"g\", AB", of: "\"m \"\"g\"\", AB\",b\n1,2\n") == [1])
    }

    @Test(arguments: [
        ("", "no column \"mag\""), ("\n\n", "no column \"mag\""), ("a,Mag\n1,2\n", "name one of these: a, Mag"),
        ("mag,mag\n1,2\n", "has 2 columns"), ("mag\nabc\n", "line 2 has \"abc\" as mag"),
        ("mag,a\n1,2\n,2\n", "line 3 has \"\" as mag"), ("mag\nnan\n", "line 2 has \"nan\""),
        ("mag\n1\ninf\n", "line 3 has \"inf\""), ("mag\n1e999\n", "\"1e999\""), ("mag\n1;2\n", "\"1;2\""),
        ("mag,a\n1\n", "line 2 has 1 fields, the first line 2"), ("mag,a\n1,2,3\n", "line 2 has 3 fields"),
        ("a,mag\n\"x\ny\",1\nz,b\n", "line 4 has \"b\""), ("a,mag\n\"x,1\n", "line 2 has a quoted field"),
        ("a,mag\n\"x\"y,1\n", "line 2 has a quoted field"), ("mag\n\"1\n2\"\n", "line 2 has"),
    ])
    func whatIsNoColumnOfNumbersIsRefusedWithItsLine(text: String, words: String) {
        expectFault(.badData, "table.csv", saying: words) { _ = try numbers("mag", of: text) }
    }

    @Test func aMissingFileIsNamed() {
        expectFault(.missingInput, "nowhere.csv", saying: "no such file") {
            _ = try CSVColumn.numbers("mag", in: "nowhere.csv")
        }
    }
}
