import Files
import Testing

@Suite struct CSVTextTests {
    @Test func fieldsAreQuotedAsRFC4180HasIt() {
        #expect(CSVText.line(["plain", "1e-05", "-1.5", ""]) == "plain,1e-05,-1.5,\n")
        #expect(
            CSVText.line(["a,b", "a\"b", "a\nb", "a\rb", "a\r\nb"])
                == "\"a,b\",\"a\"\"b\",\"a\nb\",\"a\rb\",\"a\r\nb\"\n")
    }

    @Test func fieldsAndRecordsAreReadBack() {
        for text in ["", "plain", "a,b", "\"", "\"\"", "a\"b,\"", "two\nlines\r\n", "=1+1", " \t", "é𝛼", "\0\u{1B}[2J"]
        {
            #expect(CSVText.text(of: Array(CSVText.field(text).utf8)) == text)
        }
        for field in ["\"", "\"a", "a\"", "\"a\"b\"", "\"\"\"", "a,b", "a\nb"] {
            #expect(CSVText.text(of: Array(field.utf8)) == nil, "\(field)")
        }
        let records = CSVText.records(Array("a,\"x\n\"\"y\",b\n\nc\n".utf8)[...])
        #expect(records.map { String(decoding: $0, as: UTF8.self) } == ["a,\"x\n\"\"y\",b", "c"])
    }

    /// The same file, but no formula.
    @Test(arguments: ["=1+1.npy", "+a.npy", "-a.npy", "@a.npy", "\t=a.npy", " =a.npy", "\r\n=a.npy"])
    func aNameIsNoFormula(_ name: String) { #expect(CSVText.fileName(name) == "./" + name) }

    @Test(arguments: ["a=b.npy", "/=a.npy", "./=a.npy", "data/-a.npy", ""])
    func otherNamesStayAsTheyAre(_ name: String) { #expect(CSVText.fileName(name) == name) }
}
