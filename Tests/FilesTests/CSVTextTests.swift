import Files
import Testing

@Suite struct CSVTextTests {
    @Test func fieldsAreQuotedAsRFC4180HasIt() {
        #expect(CSVText.line(["plain", "1e-05", "-1.5", ""]) == "plain,1e-05,-1.5,\n")
        #expect(
            CSVText.line(["a,b", "a\"b", "a\nb", "a\rb", "a\r\nb"])
                == "\"a,b\",\"a\"\"b\",\"a\nb\",\"a\rb\",\"a\r\nb\"\n")
    }

    /// The same file, but no formula.
    @Test(arguments: ["=1+1.npy", "+a.npy", "-a.npy", "@a.npy", "\t=a.npy", " =a.npy", "\r\n=a.npy"])
    func aNameIsNoFormula(_ name: String) { #expect(CSVText.fileName(name) == "./" + name) }

    @Test(arguments: ["a=b.npy", "/=a.npy", "./=a.npy", "data/-a.npy", ""])
    func otherNamesStayAsTheyAre(_ name: String) { #expect(CSVText.fileName(name) == name) }
}
