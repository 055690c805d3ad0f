import Faults
import Testing

/// Expects a fault of this kind, on one line, which names `subject` and says `words`.
package func expectFault(
    _ kind: Fault.Kind, _ subject: String, saying words: String, sourceLocation: SourceLocation = #_sourceLocation,
    in body: () throws -> Void
) {
    do {
        try body()
        Issue.record("no fault was thrown, \"\(words)\" was expected", sourceLocation: sourceLocation)
    } catch let fault as Fault {
        #expect(fault.kind == kind, sourceLocation: sourceLocation)
        #expect(fault.description.contains(subject), sourceLocation: sourceLocation)
        #expect(fault.description.contains(words), sourceLocation: sourceLocation)
        #expect(!fault.description.contains("\n") && !fault.remedy.isEmpty, sourceLocation: sourceLocation)
    } catch {
        Issue.record("\(error) is not a Fault", sourceLocation: sourceLocation)
    }
}
